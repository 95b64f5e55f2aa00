import { MAX_FRAGMENTS, MAX_PAYLOAD } from '../protocol/connection.ts';
import { maskingKeysOf } from './generate-mask.ts';
import type { LinkOptions } from './link.ts';
import type { BinaryType, Negotiated, WebSocketOptions } from './types.ts';

const CLOSE_TIMEOUT = 30_000;
const HIGH_WATER_MARK = 1 << 20;

/** What a link is told of the options of a socket, with their defaults. */
export function toLinkOptions(options: WebSocketOptions & Negotiated, binaryType: BinaryType): LinkOptions {
  return {
    maxPayload: options.maxPayload ?? MAX_PAYLOAD,
    maxFragments: options.maxFragments ?? MAX_FRAGMENTS,
    autoPong: options.autoPong ?? true,
    validateUtf8: options.skipUTF8Validation !== true,
    deflate: options.deflate,
    keepFragmentEnds: binaryType === 'fragments',
    closeTimeout: options.closeTimeout ?? CLOSE_TIMEOUT,
    allowSynchronousEvents: options.allowSynchronousEvents ?? true,
    maxPendingAutoPongs: options.maxPendingAutoPongs,
    highWaterMark: options.highWaterMark ?? HIGH_WATER_MARK,
    nextMaskingKey: options.generateMask && maskingKeysOf(options.generateMask),
  };
}
