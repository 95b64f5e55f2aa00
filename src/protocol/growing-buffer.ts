import { Buffer } from 'node:buffer';
import { copyMasked } from './copy-masked.ts';
import { COLD, writeCold } from './warm-memory.ts';

const EMPTY = Buffer.alloc(0);

/** The least that is allocated once there is something to keep. */
const LEAST = 256;

/**
 * Bytes that arrive in pieces and are needed in one piece. Doubling keeps the cost of n bytes linear however they are
 * cut, and what is held at most about twice what was received.
 */
export class GrowingBuffer {
  #bytes: Buffer = EMPTY;
  #length = 0;
  /** Whether the memory was just allocated, and the processor does not know it. */
  #isCold = false;

  get length(): number {
    return this.#length;
  }

  /** The allocated size, for tests of the bound on memory. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /**
   * Copies `bytes[start, end)` behind what is there, unmasked with `key`. `expected` is the size that the whole is said
   * to reach: the last growth stops there, but it never makes it larger than twice what was received.
   */
  append(bytes: Buffer, start: number, end: number, expected = Infinity, key = 0): void {
    const length = this.#length + (end - start);
    if (length > this.#bytes.length) this.#grow(length, expected);
    if (this.#isCold && end - start >= COLD) {
      writeCold(this.#bytes, this.#length, length, () => this.#copy(bytes, start, end, key));
    } else {
      this.#copy(bytes, start, end, key);
    }
    this.#length = length;
  }

  /** Makes room for `size` bytes in all. */
  reserve(size: number): void {
    if (size > this.#bytes.length) this.#moveTo(Buffer.allocUnsafe(size));
  }

  /** Begins, while it is empty, in memory that is there already. */
  beginIn(memory: Buffer): void {
    this.#bytes = memory;
    this.#isCold = false;
  }

  /** Hands over the bytes, and begins anew. */
  take(): Buffer {
    if (this.#isGone()) this.#moveTo(Buffer.allocUnsafe(this.#length));
    const bytes = this.#bytes.length === this.#length ? this.#bytes : this.#bytes.subarray(0, this.#length);
    this.#bytes = EMPTY;
    this.#length = 0;
    return bytes;
  }

  #copy(bytes: Buffer, start: number, end: number, key: number): void {
    copyMasked(this.#bytes, this.#length, bytes, start, end, key);
  }

  #grow(needed: number, expected: number): void {
    this.#moveTo(Buffer.allocUnsafe(Math.max(needed, Math.min(expected, Math.max(2 * needed, LEAST)))));
  }

  /** Others who have a part of the same memory may have transferred it away: nothing of others shows instead. */
  #isGone(): boolean {
    return this.#bytes.length < this.#length;
  }

  #moveTo(memory: Buffer): void {
    if (this.#isGone()) memory.fill(0, 0, this.#length);
    else this.#bytes.copy(memory, 0, 0, this.#length);
    this.#bytes = memory;
    this.#isCold = true;
  }
}
