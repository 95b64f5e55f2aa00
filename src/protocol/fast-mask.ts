import { rotateKey } from './mask.ts';

/** Below this many bytes, making the 64-bit view costs more than it saves (bench/micro/mask). */
const WORDWISE = 64;

/** What `applyMask` answers when it did not look at single bytes. */
const UNKNOWN = 0xff;

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 §5.3) and returns all unmasked bytes ORed together where
 * that came for free, so that a value below 0x80 says: this is ASCII. Longer ranges answer 0xff.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number): number {
  return end - start < WORDWISE ? maskBytewise(bytes, start, end, key) : maskWordwise(bytes, start, end, key);
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

function maskWordwise(bytes: Uint8Array, start: number, end: number, key: number): number {
  // Words must lie at multiples of 8 of the memory behind the view.
  const head = -(bytes.byteOffset + start) & 7;
  const body = start + head;
  maskBytewise(bytes, start, body, key);
  const rotated = rotateKey(key, head);
  const count = (end - body) >>> 3;
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset + body, count);
  const half = BigInt(rotated >>> 0);
  const wide = half | (half << 32n);
  for (let i = 0; i < count; i++) words[i]! ^= wide;
  // The tail begins a whole number of words, and so of keys, behind the body.
  maskBytewise(bytes, body + count * 8, end, rotated);
  return UNKNOWN;
}
