import type { Buffer } from 'node:buffer';
import { viewOf } from './buffer-view.ts';
import { ALL_ASCII } from './kernel-code.ts';
import { tileOf } from './kernel-tile.ts';
import { askKernel } from './long-mask.ts';
import { TILE, TILE_AT } from './mask-kernel.ts';
import { put } from './typed-array.ts';

/** With so many bytes, behind a frame or its own, it is worth it: they are more frames, or most of one (bench/micro/parse.js). */
export const WORTH_AHEAD = 256;

/** A frame of more than so many bytes is no reason to: the kernel masks it as fast by itself. */
export const LONGEST_AHEAD = 4096;

/** So there is room for what the kernel reads and writes behind the frames. */
const MOST = TILE - 64;

/** As much as one long range it is a reason to make the kernel. */
const RANGE = 1;

/** Where what `unmaskAhead` has unmasked ends, and where it may be other than ASCII or binary. */
export let unmaskedUntil = 0;
export let asciiUntil = 0;

/**
 * Unmasks the frames that lie from `at` on behind each other in `chunk`, where they are, and writes a key of 0 into their headers
 * (RFC 6455 §5.3): so they mean what they meant, whoever parses them, and when. Returns before which byte it is not to be asked
 * again, so that every part of a chunk is looked at once.
 *
 * All together go to the kernel and back, which costs as much as to unmask two or three of them by themselves.
 */
export function unmaskAhead(chunk: Buffer, at: number): number {
  unmaskedUntil = at;
  asciiUntil = at;
  const end = Math.min(chunk.length, at + MOST);
  const kernel = askKernel(RANGE);
  if (kernel === undefined) return end;
  const tile = tileOf(kernel);
  put(tile.bytes, at === 0 && end === chunk.length ? chunk : viewOf(chunk, at, end), 0);
  const seen = kernel.unmaskFrames(TILE_AT, TILE_AT + end - at);
  const size = (seen & 0xffff) - TILE_AT;
  if (size > 0) put(chunk, tile.view(0, size), at);
  unmaskedUntil = at + size;
  const wide = seen >>> 16;
  asciiUntil = wide === ALL_ASCII ? unmaskedUntil : at + wide - TILE_AT;
  return end;
}
