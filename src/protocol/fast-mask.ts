import { rotateKey } from './mask.ts';

/** Below this many bytes, making a view of words costs more than it saves (bench/micro/mask.js). */
const WORDWISE = 128;

/** The same where the view is there already, made for an earlier frame of the same chunk. */
const WORDWISE_AGAIN = 48;

/** From this many bytes on, 64 bits at a time are faster than 32. */
const WIDE = 192;

/** The memory of more than one read is not held for the sake of its views. */
const LARGEST_HELD = 65_536;

/** What `applyMask` answers when it did not look at single bytes. */
const UNKNOWN = 0xff;

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 §5.3) and returns all unmasked bytes ORed together where
 * that came for free, so that a value below 0x80 says: this is ASCII. Longer ranges answer 0xff.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number): number {
  const length = end - start;
  if (length < WORDWISE_AGAIN || (length < WORDWISE && bytes.buffer !== views.memory)) {
    return maskBytewise(bytes, start, end, key);
  }
  const { narrow, wide } = viewWords(bytes.buffer);
  return length < WIDE ? maskBy32(bytes, narrow, start, end, key) : maskBy64(bytes, wide, start, end, key);
}

function maskBytewise(bytes: Uint8Array, start: number, end: number, key: number): number {
  const k0 = key & 0xff;
  const k1 = (key >>> 8) & 0xff;
  const k2 = (key >>> 16) & 0xff;
  const k3 = key >>> 24;
  let seen = 0;
  let i = start;
  for (const stop = end - 3; i < stop; i += 4) {
    seen |= (bytes[i]! ^= k0) | (bytes[i + 1]! ^= k1) | (bytes[i + 2]! ^= k2) | (bytes[i + 3]! ^= k3);
  }
  if (i < end) seen |= bytes[i++]! ^= k0;
  if (i < end) seen |= bytes[i++]! ^= k1;
  if (i < end) seen |= bytes[i]! ^= k2;
  return seen;
}

/** Words lie at multiples of their size of the memory behind the view: up to that, and behind the last, go bytes. */
function maskBy32(bytes: Uint8Array, words: Int32Array, start: number, end: number, key: number): number {
  const head = -(bytes.byteOffset + start) & 3;
  const body = start + head;
  let seen = maskBytewise(bytes, start, body, key);
  const rotated = rotateKey(key, head);
  const first = (bytes.byteOffset + body) >>> 2;
  const last = first + ((end - body) >>> 2);
  let seenWords = 0;
  for (let i = first; i < last; i++) seenWords |= words[i]! ^= rotated;
  // The tail begins a whole number of keys behind the body.
  seen |= maskBytewise(bytes, body + (last - first) * 4, end, rotated);
  return (seenWords & 0x80808080) === 0 ? seen : UNKNOWN;
}

/** The key twice, written as 32 bits and read as 64: making a bigint of a number allocates. */
const key32 = new Int32Array(2);
const key64 = new BigUint64Array(key32.buffer);

function maskBy64(bytes: Uint8Array, words: BigUint64Array, start: number, end: number, key: number): number {
  const head = -(bytes.byteOffset + start) & 7;
  const body = start + head;
  maskBytewise(bytes, start, body, key);
  const rotated = rotateKey(key, head);
  const first = (bytes.byteOffset + body) >>> 3;
  const last = first + ((end - body) >>> 3);
  key32[0] = rotated;
  key32[1] = rotated;
  xorWords(words, first, last, key64[0]!);
  maskBytewise(bytes, body + (last - first) * 8, end, rotated);
  return UNKNOWN;
}

/** Eight at a time: 13 GB/s, where the plain loop does 8. */
function xorWords(words: BigUint64Array, first: number, last: number, key: bigint): void {
  let i = first;
  for (const stop = last - 7; i < stop; i += 8) {
    words[i]! ^= key;
    words[i + 1]! ^= key;
    words[i + 2]! ^= key;
    words[i + 3]! ^= key;
    words[i + 4]! ^= key;
    words[i + 5]! ^= key;
    words[i + 6]! ^= key;
    words[i + 7]! ^= key;
  }
  for (; i < last; i++) words[i]! ^= key;
}

/** All the memory behind a chunk as words. */
interface Views {
  readonly memory: ArrayBufferLike;
  readonly narrow: Int32Array;
  readonly wide: BigUint64Array;
}

function makeViews(memory: ArrayBufferLike): Views {
  const { byteLength } = memory;
  return {
    memory,
    narrow: new Int32Array(memory, 0, byteLength >>> 2),
    wide: new BigUint64Array(memory, 0, byteLength >>> 3),
  };
}

/** The views that were made last: the next frame is most often in the same memory. */
let views = makeViews(new ArrayBuffer(0));

function viewWords(memory: ArrayBufferLike): Views {
  if (memory === views.memory) return views;
  const made = makeViews(memory);
  if (memory.byteLength <= LARGEST_HELD) views = made;
  return made;
}
