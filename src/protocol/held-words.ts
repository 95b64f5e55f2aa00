import { ONE_READ } from './one-read.ts';
import { memoryOf, offsetOf } from './typed-array.ts';

/**
 * The memory behind one chunk as words, made for its first frame and held for the next ones: to ask a typed array for
 * its memory and to make a view of that takes as long as masking a hundred bytes.
 */
export let held: Uint8Array | undefined;

/** Its memory; where it begins there, and where it ends. */
export let heldMemory: ArrayBufferLike = new ArrayBuffer(0);
export let heldStart = 0;
export let heldEnd = 0;

const NONE: BigUint64Array = new BigUint64Array(heldMemory);

/** The words of 64 bits of that memory. */
export let wide = NONE;

let narrow: Int32Array | undefined;
let isLarge = false;

/** Holds the words of `bytes` instead of others. */
export function hold(bytes: Uint8Array): void {
  const memory = memoryOf(bytes);
  held = bytes;
  heldMemory = memory;
  heldStart = offsetOf(bytes);
  heldEnd = heldStart + bytes.length;
  wide = new BigUint64Array(memory, 0, memory.byteLength >>> 3);
  narrow = undefined;
  isLarge = memory.byteLength > ONE_READ;
}

/** The same memory as words of 32 bits: made when asked for, if `pays`. */
export function narrowWords(pays: boolean): Int32Array | undefined {
  if (narrow === undefined && pays) narrow = new Int32Array(heldMemory, 0, heldMemory.byteLength >>> 2);
  return narrow;
}

/** Lets go of memory that is too large to be held until another frame comes. */
export function releaseLarge(): void {
  if (!isLarge) return;
  isLarge = false;
  held = undefined;
  heldMemory = NONE.buffer;
  narrow = undefined;
  wide = NONE;
}
