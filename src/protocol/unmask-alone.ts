import type { Buffer } from 'node:buffer';
import { startIn, viewOf, viewOfMemory } from './buffer-view.ts';
import { applyMask } from './fast-mask.ts';
import { tileOf } from './kernel-tile.ts';
import { askKernel } from './long-mask.ts';
import { TILE, TILE_AT } from './mask-kernel.ts';
import { memoryOf, put } from './typed-array.ts';

/** From this many bytes on the kernel is faster (bench/micro/parse.js). */
export const LEAST_ALONE = 64;

/** So there is room for what the kernel writes behind the chunk. */
const LARGEST = TILE - 64;

/** Whether what `unmaskAlone` has returned is known to be all ASCII. */
export let isAsciiAlone = false;

/**
 * Unmasks `chunk[start, …)`, which is all there is behind its header, where it is (RFC 6455 §5.3), and returns a view of that.
 *
 * What masks by words has to make a view of them where the chunk is, which takes as long as masking hundreds of bytes. The kernel is given
 * a copy of the whole chunk, and what it makes of that is copied back.
 */
export function unmaskAlone(chunk: Buffer, start: number, key: number): Buffer {
  const { length } = chunk;
  const kernel = length >= LEAST_ALONE && length <= LARGEST ? askKernel() : undefined;
  if (kernel === undefined) {
    isAsciiAlone = applyMask(chunk, start, length, key) < 0x80;
    return viewOf(chunk, start, length);
  }
  const tile = tileOf(kernel);
  put(tile.bytes, chunk, 0);
  isAsciiAlone = kernel.xorAndLook(TILE_AT + start, TILE_AT + length, key) === 0;
  put(chunk, tile.view(0, length), 0);
  const memory = memoryOf(chunk) as ArrayBuffer;
  return viewOfMemory(memory, startIn(memory, chunk) + start, length - start);
}
