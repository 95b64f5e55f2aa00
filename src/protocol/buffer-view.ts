import { Buffer } from 'node:buffer';
import { held, heldMemory, heldStart } from './held-words.ts';
import { ONE_READ } from './one-read.ts';
import { memoryOf, offsetOf } from './typed-array.ts';

type ViewConstructor = new (memory: ArrayBuffer, start: number, length: number) => Buffer<ArrayBuffer>;

/** The class of what `subarray` of a Buffer returns; to call it saves what `subarray` spends on its arguments. */
const View = (Buffer as unknown as { readonly [Symbol.species]: ViewConstructor })[Symbol.species];

/** `Buffer.from(memory, start, length)`, for what lies within it. */
export function viewOfMemory(memory: ArrayBuffer, start: number, length: number): Buffer {
  return new View(memory, start, length);
}

/**
 * Where `bytes` begin in their `memory`. To ask them for it takes longer than to see that they are all of it, as what a
 * socket has read is.
 */
export function startIn(memory: ArrayBufferLike, bytes: Uint8Array): number {
  return memory.byteLength === bytes.length ? 0 : offsetOf(bytes);
}

/** Whose view was made last, with its memory: to ask a Buffer for it takes as long as making a view. */
let last: Uint8Array = Buffer.alloc(0);
let memory = last.buffer as ArrayBuffer;
let origin = 0;

/**
 * `bytes.subarray(start, end)`, as a Buffer, for `0 <= start <= end <= bytes.length`, in a third of the time where several views of the
 * same chunk are made one after another (bench/micro/parse.js).
 */
export function viewOf(bytes: Uint8Array, start: number, end: number): Buffer {
  if (bytes === held) return new View(heldMemory as ArrayBuffer, heldStart + start, end - start);
  if (bytes !== last) {
    const buffer = memoryOf(bytes);
    // Where nothing follows there is no next view: to remember would cost, and hold the chunk.
    if (end === bytes.length || buffer.byteLength > ONE_READ) {
      return new View(buffer as ArrayBuffer, startIn(buffer, bytes) + start, end - start);
    }
    last = bytes;
    memory = buffer as ArrayBuffer;
    origin = startIn(buffer, bytes);
  }
  return new View(memory, origin + start, end - start);
}
