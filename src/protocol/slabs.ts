import { Buffer } from 'node:buffer';

/** The sizes of slab that are lent, in bytes. */
const SIZES = [1024, 8192, 65536] as const;

/** What lies free of each size at most, in bytes: enough for one tick of many sockets, little to hold for ever. */
const MOST_FREE = 4 << 20;

/** Memory that is lent. */
export interface Slab {
  readonly bytes: Buffer;
  /** What lies behind `bytes`, from its first byte on: to ask a Buffer for it takes longer than to make a view. */
  readonly memory: ArrayBuffer;
}

const free: Slab[][] = SIZES.map(() => []);

function makeSlab(size: number): Slab {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, memory: bytes.buffer };
}

/** The largest slab that is lent. */
export const LARGEST_SLAB = 65536;

/**
 * Lends a slab of at least `size` bytes with undefined content. Sockets hold one only while they have something to
 * send, so that ten thousand idle ones hold none.
 */
export function lendSlab(size: number): Slab {
  for (let i = 0; i < SIZES.length; i++) {
    if (size <= SIZES[i]!) return free[i]!.pop() ?? makeSlab(SIZES[i]!);
  }
  return makeSlab(size);
}

/** Takes a slab back that nobody reads any more. */
export function returnSlab(slab: Slab): void {
  const { length } = slab.bytes;
  const i = SIZES.indexOf(length as (typeof SIZES)[number]);
  if (i >= 0 && free[i]!.length * length < MOST_FREE) free[i]!.push(slab);
}
