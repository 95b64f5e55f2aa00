import { MAX_FRAGMENTS, MAX_PAYLOAD } from '../protocol/connection.ts';
import { shareLatest } from '../protocol/share-latest.ts';
import { maskingKeysOf } from './generate-mask.ts';
import type { LinkOptions } from './link-types.ts';
import type { BinaryType, Negotiated, WebSocketOptions } from './types.ts';

const CLOSE_TIMEOUT = 30_000;
const HIGH_WATER_MARK = 1 << 20;

const share = shareLatest<LinkOptions>();

/**
 * What a link is told of the options of a socket, with their defaults. `given` for this connection counts before those
 * of the socket; joining the two by a spread, for each connection, took as long as the rest of its making.
 */
export function toLinkOptions(
  given: WebSocketOptions & Negotiated,
  own: WebSocketOptions,
  binaryType: BinaryType,
): LinkOptions {
  const generateMask = given.generateMask ?? own.generateMask;
  const options: LinkOptions = {
    maxPayload: given.maxPayload ?? own.maxPayload ?? MAX_PAYLOAD,
    maxFragments: given.maxFragments ?? own.maxFragments ?? MAX_FRAGMENTS,
    autoPong: given.autoPong ?? own.autoPong ?? true,
    validateUtf8: (given.skipUTF8Validation ?? own.skipUTF8Validation) !== true,
    deflate: given.deflate,
    keepFragmentEnds: binaryType === 'fragments',
    closeTimeout: given.closeTimeout ?? own.closeTimeout ?? CLOSE_TIMEOUT,
    allowSynchronousEvents: given.allowSynchronousEvents ?? own.allowSynchronousEvents ?? true,
    maxPendingAutoPongs: given.maxPendingAutoPongs ?? own.maxPendingAutoPongs,
    highWaterMark: given.highWaterMark ?? own.highWaterMark ?? HIGH_WATER_MARK,
    nextMaskingKey: generateMask && maskingKeysOf(generateMask),
  };
  return given.deflate === undefined ? share(options) : options;
}
