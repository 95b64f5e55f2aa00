import type { Buffer } from 'node:buffer';
import { viewOfMemory } from './buffer-view.ts';
import { copyMasked } from './copy-masked.ts';
import { applyMaskBlind } from './fast-mask.ts';
import { LONG } from './long-mask.ts';
import { type MaskKernel, TILE } from './mask-kernel.ts';
import { put } from './typed-array.ts';

/** The most views that are kept: of all lengths that share a place, that of the last run. */
const VIEWS = 256;

/** Where slabs come from, and go back to. */
export interface SlabPool {
  /** Nobody reads what is in it any more. */
  takeBack(slab: Slab): void;
  /** Somebody may still read what is in it, until `isOver` says that nobody does; without it, for ever. */
  forget(slab: Slab, isOver: (() => boolean) | undefined): void;
}

/** Memory that is lent to be written, and read by others until it comes back. */
export class Slab {
  readonly bytes: Buffer;
  /** Undefined if it is too large to come back. */
  readonly pool: SlabPool | undefined;
  /** Whether it is the one that keeps views, and lies free: whoever finds it so may take it without asking its pool. */
  isFree = false;
  /** What lies behind `bytes`, and where they begin there: to ask a Buffer for it takes longer than to make a view. */
  readonly #memory: ArrayBuffer;
  readonly #start: number;
  readonly #xor: MaskKernel['xor'] | undefined;
  /** By the rest of their length. */
  #views: (Buffer | undefined)[] | undefined;

  /** `xor` if this is memory of the kernel: then what it may write behind its range is nobody else's. */
  constructor(bytes: Buffer, pool?: SlabPool, xor?: MaskKernel['xor']) {
    this.bytes = bytes;
    this.pool = pool;
    this.#memory = bytes.buffer as ArrayBuffer;
    this.#start = bytes.byteOffset;
    this.#xor = xor;
  }

  /** Whether it is memory of the kernel, which is there in any case: to remember it holds nothing that would be freed. */
  get isInKernel(): boolean {
    return this.#xor !== undefined;
  }

  /** Keeps views of its beginning from now on, for the next run of a length: to make one takes a third of a short send. */
  keepViews(): void {
    this.#views ??= Array.from({ length: VIEWS });
  }

  /** A run of its bytes, to be read until it comes back. */
  view(from: number, length: number): Buffer {
    const views = this.#views;
    if (from > 0 || views === undefined) return viewOfMemory(this.#memory, this.#start + from, length);
    const kept = views[length % VIEWS];
    if (kept !== undefined && kept.length === length) return kept;
    return (views[length % VIEWS] = viewOfMemory(this.#memory, this.#start, length));
  }

  /** Masks `[start, end)` in place (RFC 6455 §5.3); what is behind it is undefined then. */
  mask(start: number, end: number, key: number): void {
    if (this.#xor === undefined) applyMaskBlind(this.bytes, start, end, key);
    else this.#xor(this.#start + start, this.#start + end, key);
  }

  /** Copies `source` to `at`. */
  put(at: number, source: Uint8Array): void {
    put(this.bytes, source, at);
  }

  /** Copies `source` to `at` and masks it there; what is behind it is undefined then. */
  setMasked(at: number, source: Uint8Array, key: number): void {
    if (source.length >= LONG) return this.#setLong(at, source, key);
    this.put(at, source);
    this.mask(at, at + source.length, key);
  }

  /** What was copied is still in the fastest cache when it is masked. A tile leaves the key as it is. */
  #setLong(at: number, source: Uint8Array, key: number): void {
    if (this.#xor === undefined) return copyMasked(this.bytes, at, source, 0, source.length, key);
    for (let from = 0; from < source.length; from += TILE) {
      const tile = source.length <= TILE ? source : source.subarray(from, from + TILE);
      this.put(at + from, tile);
      this.mask(at + from, at + from + tile.length, key);
    }
  }
}
