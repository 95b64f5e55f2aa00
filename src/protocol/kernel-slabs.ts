import { Buffer } from 'node:buffer';
import { FreeSlabs } from './free-slabs.ts';
import { askKernel } from './long-mask.ts';
import { type MaskKernel, TILE, TILE_AT } from './mask-kernel.ts';
import { READ_AT } from './read-memory.ts';
import { Slab, type SlabPool } from './slab.ts';
import { LARGEST_SLAB, MEDIUM_SLAB, SMALL_SLAB } from './slabs.ts';

/** How many there are of each size, in the memory that the kernel has between its tile and what is read. */
const COUNTS: readonly (readonly [size: number, count: number])[] = [
  [SMALL_SLAB, 128],
  [MEDIUM_SLAB, 32],
  [LARGEST_SLAB, 8],
];

/** They begin so many bytes behind a multiple of 64 that the payload of a first frame of medium size lies on one. */
const BEFORE_PAYLOAD = 56;

/** What the kernel may write behind its range, at most. */
const OVERSHOOT = 64;

/** How many were given back while somebody may still read them, and are not known to have landed. */
export let slabsInFlight = 0;

interface InFlight {
  readonly slab: Slab;
  readonly isOver: () => boolean;
}

/** Slabs of one size in memory that cannot be left to the garbage collector: what is lost is lost. */
class KernelSlabs extends FreeSlabs implements SlabPool {
  readonly #inFlight: InFlight[] = [];

  constructor(kernel: MaskKernel, from: number, stride: number, size: number, count: number) {
    super(count);
    for (let i = 0; i < count; i++) {
      this.takeBack(new Slab(Buffer.from(kernel.memory, from + i * stride, size), this, kernel.xor));
    }
  }

  /** Those in flight are looked at here, too: they are not to wait for somebody who asks for one. */
  override takeBack(slab: Slab): void {
    const landed = this.#inFlight.length > 0 ? this.#landed() : undefined;
    if (landed !== undefined) super.takeBack(landed);
    super.takeBack(slab);
  }

  lend(): Slab | undefined {
    return (this.#inFlight.length > 0 ? this.#landed() : undefined) ?? this.takeFree();
  }

  forget(slab: Slab, isOver: (() => boolean) | undefined): void {
    if (isOver === undefined) return;
    this.#inFlight.push({ slab, isOver });
    slabsInFlight++;
  }

  /** One look a time, at another one each time: a hundred that are stuck must not delay who can do without. */
  #landed(): Slab | undefined {
    const one = this.#inFlight.shift()!;
    if (!one.isOver()) {
      this.#inFlight.push(one);
      return undefined;
    }
    slabsInFlight--;
    return one.slab;
  }
}

let pools: readonly KernelSlabs[] | undefined;

/**
 * Lends a slab of at least `size` bytes in which masking is fastest; undefined if there is none. It must come back: by
 * `takeBack`, or by `forget` with a way to find out when.
 */
export function lendKernelSlab(size: number): Slab | undefined {
  if (pools === undefined) {
    const kernel = askKernel();
    if (kernel === undefined) return undefined;
    pools = makePools(kernel);
  }
  if (size > LARGEST_SLAB) return undefined;
  return pools[size <= SMALL_SLAB ? 0 : size <= MEDIUM_SLAB ? 1 : 2]!.lend();
}

function makePools(kernel: MaskKernel): KernelSlabs[] {
  let from = TILE_AT + TILE + 64 + BEFORE_PAYLOAD;
  return COUNTS.map(([size, count]) => {
    const stride = size + OVERSHOOT;
    const pool = new KernelSlabs(kernel, from, stride, size, count);
    from += count * stride;
    if (from > READ_AT) throw new RangeError('more slabs than memory');
    return pool;
  });
}
