/** Masking keys from a user's generator, as the core takes them. */
export function maskingKeysOf(generateMask: (key: Buffer) => void): () => number {
  const key = Buffer.alloc(4);
  return () => {
    generateMask(key);
    return key.readInt32LE(0);
  };
}
