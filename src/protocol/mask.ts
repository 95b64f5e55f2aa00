/**
 * Masking as RFC 6455 §5.3 writes it: octet i of the payload is XORed with octet i mod 4 of the key.
 * This is the plain twin that `fast-mask.ts` is tested against.
 *
 * A key is a 32-bit integer whose lowest byte is the first byte on the wire.
 */
export function applyMaskPlain(bytes: Uint8Array, start: number, end: number, key: number): void {
  for (let i = start; i < end; i++) bytes[i]! ^= key >>> (8 * ((i - start) & 3));
}

/** The key as it stands after `count` bytes of payload were masked with it. */
export function rotateKey(key: number, count: number): number {
  const bits = (count & 3) * 8;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}
