import { Buffer } from 'node:buffer';
import { FreeSlabs } from './free-slabs.ts';
import { Slab, type SlabPool } from './slab.ts';

/** The sizes of slab that are lent, in bytes. */
export const SMALL_SLAB = 1024;
export const MEDIUM_SLAB = 8192;
export const LARGEST_SLAB = 65_536;

/** What lies free of each size at most, in bytes: enough for one tick of many sockets, little to hold for ever. */
const MOST_FREE = 4 << 20;

/** Slabs of one size, of memory that may be left to the garbage collector. */
class FreshSlabs extends FreeSlabs implements SlabPool {
  readonly #size: number;

  constructor(size: number) {
    super(MOST_FREE / size);
    this.#size = size;
  }

  lend(): Slab {
    return this.takeFree() ?? new Slab(Buffer.allocUnsafeSlow(this.#size), this);
  }

  forget(slab: Slab): void {
    this.lose(slab);
  }
}

const small = new FreshSlabs(SMALL_SLAB);
const medium = new FreshSlabs(MEDIUM_SLAB);
const largest = new FreshSlabs(LARGEST_SLAB);

/**
 * Lends a slab of at least `size` bytes with undefined content. Sockets hold one only while they have something to
 * send, so that ten thousand idle ones hold none.
 */
export function lendSlab(size: number): Slab {
  if (size <= SMALL_SLAB) return small.lend();
  if (size <= MEDIUM_SLAB) return medium.lend();
  return size <= LARGEST_SLAB ? largest.lend() : new Slab(Buffer.allocUnsafeSlow(size));
}
