import { Buffer } from 'node:buffer';
import { GrowingBuffer } from './growing-buffer.ts';
import { LONG } from './long-mask.ts';
import { ONE_READ } from './one-read.ts';
import { memoryOf } from './typed-array.ts';

/**
 * A declared length is believed once one byte in so many has come: there is room for all of the payload from then on.
 * The earlier, the better: reads are copied while the processor still knows them, and are garbage while they are young.
 */
const BELIEVED = 3;

/**
 * Until then, pieces from this size on are kept where they are, if most of their memory is theirs. The first one shares
 * a read with what came before it, may waste what is left of it, and is kept from `LONG` on.
 */
const KEPT = 16_384;

/** `bytes[start, end)` of a read, to be unmasked with `key` when it is copied. */
interface Kept {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly key: number;
}

/**
 * The payload of a message that arrives in pieces. Small pieces are copied behind each other as they come; large ones
 * (whole reads of a socket) stay where they are while too little has come to believe in the length that was declared,
 * or none was. They are copied once, and unmasked on the way, when there is room for all. So there is no list of tiny
 * buffers, nothing large is copied over and over, and what is held is at most about three times what was received,
 * or the one read, of 64 KiB, in which the message begins.
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
   * reach. What is lent is copied, however large.
   */
  append(bytes: Buffer, start: number, end: number, expected: number, isLent = false, key = 0): void {
    const hasRoom = this.#tail.capacity >= expected;
    if (hasRoom || BELIEVED * (this.length + end - start) >= expected) this.#gather(expected);
    else if (!isLent && this.#memory === undefined && this.#isWorthKeeping(bytes, end - start)) {
      return this.#keep(bytes, start, end, key);
    }
    this.#tail.append(bytes, start, end, expected - this.#keptLength, key);
  }

  /**
   * Takes `bytes[start, end)`, the end of a read, as the first piece of a payload, and stays in the memory of that read: where what
   * lies from `free` to `start` is nobody's, and as much as is still missing, the piece moves down by that much, and what
   * follows goes behind it. False if not, and nothing was done.
   */
  stay(bytes: Buffer, free: number, start: number, end: number, expected: number, key: number): boolean {
    const missing = expected - (end - start);
    if (missing > start - free || end - start < LONG || end < bytes.length) return false;
    if (this.length > 0 || this.#memory !== undefined) return false;
    const { byteLength } = memoryOf(bytes);
    if (byteLength > ONE_READ) return false;
    this.#tail.beginIn(bytes.subarray(start - missing, end));
    this.#tail.append(bytes, start, end, expected, key);
    // The rest of the read is held with it.
    this.#keptMemory = byteLength - expected;
    return true;
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
    this.#gather(this.length);
    this.#keptMemory = 0;
    return this.#tail.take();
  }

  #isWorthKeeping(bytes: Buffer, size: number): boolean {
    const { byteLength } = memoryOf(bytes);
    if (this.length === 0 && byteLength <= ONE_READ) return size >= LONG;
    return size >= KEPT && 2 * size >= byteLength;
  }

  #keep(bytes: Buffer, start: number, end: number, key: number): void {
    this.#keepTail();
    this.#kept.push({ bytes, start, end, key });
    this.#keptLength += end - start;
    this.#keptMemory += memoryOf(bytes).byteLength;
  }

  #keepTail(): void {
    if (this.#tail.length === 0) return;
    this.#keptMemory += this.#tail.capacity;
    this.#keptLength += this.#tail.length;
    const bytes = this.#tail.take();
    this.#kept.push({ bytes, start: 0, end: bytes.length, key: 0 });
  }

  /** Makes room for a payload of `size` bytes, and puts there what was kept. */
  #gather(size: number): void {
    const kept = this.#kept;
    if (kept.length === 0) return this.#tail.reserve(size);
    this.#keepTail();
    this.#tail.reserve(size);
    for (const { bytes, start, end, key } of kept) {
      // Whoever got a message of the same read may have transferred its memory away: nothing of others shows instead.
      if (bytes.length < end) this.#tail.append(Buffer.alloc(end - start), 0, end - start);
      else this.#tail.append(bytes, start, end, size, key);
    }
    this.#kept = [];
    this.#keptLength = 0;
    this.#keptMemory = 0;
  }
}
