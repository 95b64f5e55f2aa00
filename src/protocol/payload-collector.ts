import { Buffer } from 'node:buffer';
import { copyMasked } from './copy-masked.ts';
import { GrowingBuffer } from './growing-buffer.ts';

/**
 * Pieces from this size on are kept where they are until the payload is whole, if most of their memory is theirs. The
 * ends of a payload share a read with its neighbours: those two may waste what is left of it.
 */
const KEPT = 16_384;

/** What a read of a socket takes at most. */
const ONE_READ = 65_536;

/** `bytes[start, end)` of a read, to be unmasked with `key` when it is copied. */
interface Kept {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly key: number;
}

/**
 * The payload of a message that arrives in pieces. Small pieces are copied behind each other as they come; large ones
 * (whole reads of a socket) stay where they are and are copied once, at the end, and unmasked on the way. So there is no
 * list of tiny buffers, nothing is copied over and over, and what is held is at most about twice what was received.
 */
export class PayloadCollector {
  readonly #tail = new GrowingBuffer();
  #kept: Kept[] = [];
  #keptLength = 0;
  #keptMemory = 0;
  /** Memory that is to be used again: what it holds is copied there, and becomes a string in the end. */
  #memory: Buffer | undefined;

  get length(): number {
    return this.#keptLength + this.#tail.length;
  }

  /** The memory that is held, for tests of the bound on it. */
  get capacity(): number {
    return this.#keptMemory + this.#tail.capacity;
  }

  /**
   * Takes `bytes[start, end)`, masked with `key` if that is not 0. `expected` is the length that the whole is said to
   * reach: a hint, never believed. What is lent is copied, however large.
   */
  append(bytes: Buffer, start: number, end: number, expected: number, isLent = false, key = 0): void {
    const size = end - start;
    const memory = bytes.buffer.byteLength;
    const isEdge = this.length === 0 || this.length + size === expected;
    if (isLent || this.#memory !== undefined || size < KEPT || (2 * size < memory && !(isEdge && memory <= ONE_READ))) {
      this.#tail.append(bytes, start, end, expected - this.#keptLength, key);
      return;
    }
    this.#keepTail();
    this.#kept.push({ bytes, start, end, key });
    this.#keptLength += size;
    this.#keptMemory += memory;
  }

  /** Begins a payload in memory with room for all of it. */
  beginIn(memory: Buffer): void {
    this.#memory = memory;
    this.#tail.beginIn(memory);
  }

  /** The memory that a payload that was just taken can leave to the next, if nobody keeps the payload. */
  takeMemory(payload: Buffer): Buffer {
    const memory = this.#memory ?? payload;
    this.#memory = undefined;
    return memory;
  }

  /** Hands over the payload in one piece, and begins anew. */
  take(): Buffer {
    if (this.#kept.length === 0) return this.#tail.take();
    this.#keepTail();
    const payload = Buffer.allocUnsafe(this.#keptLength);
    let at = 0;
    for (const { bytes, start, end, key } of this.#kept) {
      // Whoever got a message of the same read may have transferred its memory away: nothing of others shows instead.
      if (bytes.length < end) payload.fill(0, at, at + end - start);
      else copyMasked(payload, at, bytes, start, end, key);
      at += end - start;
    }
    this.#kept = [];
    this.#keptLength = 0;
    this.#keptMemory = 0;
    return payload;
  }

  #keepTail(): void {
    if (this.#tail.length === 0) return;
    this.#keptMemory += this.#tail.capacity;
    this.#keptLength += this.#tail.length;
    const bytes = this.#tail.take();
    this.#kept.push({ bytes, start: 0, end: bytes.length, key: 0 });
  }
}
