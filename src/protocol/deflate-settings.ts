import type { Buffer } from 'node:buffer';
import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { LARGEST_CHUNK, type ZlibDeflateOptions } from './deflate-options.ts';
import { deflateSmall } from './deflate-small.ts';
import { withoutTail } from './deflate-tail.ts';
import { LARGEST_MESSAGE } from './find-repetitions.ts';

/** How one side of a connection compresses, whatever it has compressed before. */
export interface DeflateSettings {
  /** 8 to 15: no reference reaches further back than 2 to that power. */
  readonly windowBits: number;
  readonly level: number;
  readonly memLevel: number;
  readonly strategy: number;
  readonly chunkSize: number | undefined;
  /** Whether level and strategy are left to us: then small messages are compressed without zlib. */
  readonly isUntuned: boolean;
  /** The same for all settings that give the same bytes for a message. */
  readonly key: string;
}

export function deflateSettings(windowBits: number, options: ZlibDeflateOptions = {}): DeflateSettings {
  const {
    level = constants.Z_DEFAULT_COMPRESSION,
    memLevel = 8,
    strategy = constants.Z_DEFAULT_STRATEGY,
    chunkSize,
  } = options;
  const isUntuned = level === constants.Z_DEFAULT_COMPRESSION && strategy === constants.Z_DEFAULT_STRATEGY;
  const key = `${windowBits}/${level}/${memLevel}/${strategy}`;
  return { windowBits, level, memLevel, strategy, chunkSize, isUntuned, key };
}

/** From this size on a message is taken to become half as long. */
const SURELY_ONE_CHUNK = 2048;

/**
 * zlib's window is never smaller than 2^9. That does for 2^8 as well: a reference reaches back at most 262 bytes less
 * than the window has, so 250.
 */
const LEAST_WINDOW_BITS = 9;
const UNREACHABLE = 262;

/**
 * What zlib is asked for a message of `length` bytes with that dictionary. zlib sets up and clears its tables for every
 * message: the window is no larger than the bytes at hand, and the tables are in proportion, which saves 256 KiB and
 * a fifth of the time of a small message.
 */
export function zlibOptions(settings: DeflateSettings, length: number, dictionary: Uint8Array): ZlibOptions {
  const bits = 32 - Math.clz32(length + dictionary.length + UNREACHABLE);
  const { level, memLevel, strategy } = settings;
  return {
    dictionary,
    windowBits: Math.max(LEAST_WINDOW_BITS, Math.min(bits, settings.windowBits)),
    // With 2^(memLevel + 6) symbols to a block, a message that fits stays one block.
    memLevel: Math.min(memLevel, Math.max(1, bits - 6)),
    level,
    strategy,
    chunkSize: settings.chunkSize ?? (length <= SURELY_ONE_CHUNK ? length + 64 : Math.min(length >> 1, LARGEST_CHUNK)),
    finishFlush: constants.Z_SYNC_FLUSH,
  };
}

/**
 * Compresses and flushes a message, or a fragment of one, which may refer to the bytes of the dictionary before it: as it
 * goes on the wire. `fin` says whether the message ends with it.
 */
export function deflateNow(
  payload: Uint8Array,
  settings: DeflateSettings,
  dictionary: Uint8Array,
  fin: boolean,
): Buffer {
  if (settings.isUntuned && payload.length <= LARGEST_MESSAGE) {
    return deflateSmall(payload, dictionary, 1 << settings.windowBits, fin);
  }
  const flushed = deflateRawSync(payload, zlibOptions(settings, payload.length, dictionary));
  return fin ? withoutTail(flushed) : flushed;
}
