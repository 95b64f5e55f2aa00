import { Buffer } from 'node:buffer';
import { Slab, type SlabPool } from './slab.ts';

/** The sizes of slab that are lent, in bytes. */
export const SMALL_SLAB = 1024;
export const MEDIUM_SLAB = 8192;
export const LARGEST_SLAB = 65_536;

/** What lies free of each size at most, in bytes: enough for one tick of many sockets, little to hold for ever. */
const MOST_FREE = 4 << 20;

/** Slabs of one size, of memory that may be left to the garbage collector. */
class FreshSlabs implements SlabPool {
  readonly #size: number;
  readonly #free: Slab[] = [];
  /** The one that keeps views: it is lent before all others. When it was forgotten, the next that comes back is. */
  #first: Slab | undefined;
  #isFirstFree = false;

  constructor(size: number) {
    this.#size = size;
  }

  lend(): Slab {
    if (!this.#isFirstFree) return this.#free.pop() ?? new Slab(Buffer.allocUnsafeSlow(this.#size), this);
    this.#isFirstFree = false;
    return this.#first!;
  }

  takeBack(slab: Slab): void {
    this.#first ??= slab;
    if (slab === this.#first) {
      this.#isFirstFree = true;
      slab.keepViews();
    } else if (this.#free.length * this.#size < MOST_FREE) this.#free.push(slab);
  }

  forget(slab: Slab): void {
    if (slab === this.#first) this.#first = undefined;
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
