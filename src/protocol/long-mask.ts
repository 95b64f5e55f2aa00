import { viewOf, viewOfMemory } from './buffer-view.ts';
import { makeMaskKernel, type MaskKernel, TILE, TILE_AT } from './mask-kernel.ts';
import { put } from './typed-array.ts';

/** From this many bytes on, the kernel is faster, though they are copied to its memory and back (bench/micro/mask.js). */
export const LONG = 4096;

/** Long ranges that are masked without the kernel before it is made: to make it costs what it saves on about so many. */
export const WITHOUT = 1000;

/**
 * What is masked at once of what takes two parts: so each leaves the fastest cache more room than a tile does (parse of 24,000 B × 0.92).
 * Whole pages, so that the second part lies to the tile as the first one does.
 */
const PART = 12_288;

/** A text to be unmasked, a slab to be written to, or a shorter range counts for less. */
const SHORT = 1 / 8;

let ranges = 0;
let kernel: MaskKernel | undefined;

/**
 * Copies `source[start, end)`, which is not empty, to `target[at, …)` and masks it on the way, by the kernel; both may
 * be the same place. False if there is no kernel, and nothing was done.
 */
export function maskLong(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
  key: number,
): boolean {
  const length = end - start;
  if (kernel === undefined && !isMade(length < LONG ? SHORT : 1)) return false;
  const { memory, tile, xor } = kernel!;
  const most = length > TILE && length <= 2 * PART ? PART : TILE;
  for (let from = start; from < end; from += most) {
    const size = Math.min(most, end - from);
    put(tile, viewOf(source, from, from + size), 0);
    xor(TILE_AT, TILE_AT + size, key);
    put(target, size === TILE ? tile : viewOfMemory(memory, TILE_AT, size), at + from - start);
  }
  return true;
}

/**
 * The kernel, to work in its memory: on a text, in a slab, or on what makes up for `range` long ranges. Undefined if there
 * is none, or not yet.
 */
export function askKernel(range = SHORT): MaskKernel | undefined {
  return kernel !== undefined || isMade(range) ? kernel : undefined;
}

function isMade(range: number): boolean {
  if (ranges > WITHOUT) return false;
  ranges += range;
  if (ranges > WITHOUT) kernel = makeMaskKernel();
  return kernel !== undefined;
}
