import { Buffer } from 'node:buffer';
import { viewOfMemory } from './buffer-view.ts';
import { key32, key64 } from './key-words.ts';
import { isLittleEndian } from './little-endian.ts';
import { rotateKey } from './mask.ts';
import { put } from './typed-array.ts';

/** Chunks of up to this many bytes are copied to be unmasked (bench/micro/parse.js). */
export const SMALL = isLittleEndian ? 216 : 0;

/** Less than half of Node's pool, and so out of it: that is memory which nobody can transfer away. */
const SLAB = 4080;

/** Where copies are put one behind another, its memory and its words. */
let slab: Uint8Array = new Uint8Array(0);
let memory = new ArrayBuffer(0);
let origin = 0;
let words = new BigUint64Array(memory);
let used = 0;

/**
 * The unmasked copy of `chunk[start, …)`, a small payload that is all there is behind its header (RFC 6455 §5.3). For a
 * view of the chunk one has to ask for its memory, and for its words as well: that takes longer than a copy to memory
 * of which both are known. What was copied is never written again.
 */
export function unmaskSmall(chunk: Uint8Array, start: number, key: number): Buffer {
  const { length } = chunk;
  if (used + length > slab.length) renew();
  const begin = used;
  const end = (begin + length + 7) & ~7;
  used = end;
  put(slab, chunk, begin);
  const rotated = rotateKey(key, 0 - start);
  key32[0] = rotated;
  key32[1] = rotated;
  const k = key64[0]!;
  const last = end >>> 3;
  // All words of the copy from the payload's first one on: what else is in them is the header, or nobody's.
  let i = (begin + start) >>> 3;
  for (const stop = last - 7; i < stop; i += 8) {
    words[i]! ^= k;
    words[i + 1]! ^= k;
    words[i + 2]! ^= k;
    words[i + 3]! ^= k;
    words[i + 4]! ^= k;
    words[i + 5]! ^= k;
    words[i + 6]! ^= k;
    words[i + 7]! ^= k;
  }
  for (; i < last; i++) words[i]! ^= k;
  return viewOfMemory(memory, origin + begin + start, length - start);
}

function renew(): void {
  const fresh = Buffer.allocUnsafe(SLAB + 7);
  memory = fresh.buffer;
  origin = (fresh.byteOffset + 7) & ~7;
  slab = new Uint8Array(memory, origin, SLAB);
  words = new BigUint64Array(memory, origin, SLAB >>> 3);
  used = 0;
}
