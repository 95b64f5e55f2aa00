import { Buffer } from 'node:buffer';

/** The sizes of slab that are lent, in bytes. */
const SIZES = [1024, 8192, 65536] as const;

/** What lies free of each size at most, in bytes: enough for one tick of many sockets, little to hold for ever. */
const MOST_FREE = 4 << 20;

const free: Buffer[][] = SIZES.map(() => []);

/** The largest slab that is lent. */
export const LARGEST_SLAB = 65536;

/**
 * Lends a buffer of at least `size` bytes with undefined content. Sockets hold one only while they have something to
 * send, so that ten thousand idle ones hold none.
 */
export function lendSlab(size: number): Buffer {
  for (let i = 0; i < SIZES.length; i++) {
    if (size <= SIZES[i]!) return free[i]!.pop() ?? Buffer.allocUnsafeSlow(SIZES[i]!);
  }
  return Buffer.allocUnsafeSlow(size);
}

/** Takes a slab back that nobody reads any more. */
export function returnSlab(slab: Buffer): void {
  const i = SIZES.indexOf(slab.length as (typeof SIZES)[number]);
  if (i >= 0 && free[i]!.length * slab.length < MOST_FREE) free[i]!.push(slab);
}
