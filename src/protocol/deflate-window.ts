import { Buffer } from 'node:buffer';

const EMPTY = Buffer.alloc(0);

/** The least that is allocated once there is something to keep. */
const LEAST = 256;

/**
 * The last bytes of a stream of messages: what a message may refer back to. RFC 7692 §7.2.3.2.
 *
 * Bytes are appended to one buffer that is a quarter larger than what must be kept, so that moving what is kept to its
 * front happens once in a while and costs at most about four bytes moved for one appended. Memory follows what was
 * appended, and what must be kept when that becomes less.
 */
export class DeflateWindow {
  #bytes = EMPTY;
  #end = 0;

  /** How many bytes are at hand. */
  get length(): number {
    return this.#end;
  }

  /** The allocated size. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** The last bytes, at most `most` of them: a view until the next `append`. */
  last(most: number): Buffer {
    return this.#bytes.subarray(Math.max(0, this.#end - most), this.#end);
  }

  /** Copies `bytes` behind what is there, of which at least the last `limit` bytes are kept. */
  append(bytes: Uint8Array, limit: number): void {
    const added = Math.min(bytes.length, limit);
    if (added > this.#bytes.length - this.#end || this.#bytes.length > 3 * limit) {
      this.#makeRoom(Math.min(this.#end, limit - added), added, limit);
    }
    this.#bytes.set(added === bytes.length ? bytes : bytes.subarray(bytes.length - added), this.#end);
    this.#end += added;
  }

  #makeRoom(kept: number, added: number, limit: number): void {
    const most = limit + (limit >> 2);
    const size = Math.min(most, Math.max(2 * (kept + added), LEAST));
    const isFit = this.#bytes.length >= size && this.#bytes.length <= 3 * limit;
    // Not from Node's pool: these bytes stay for as long as the connection does.
    const target = isFit ? this.#bytes : Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(target, 0, this.#end - kept, this.#end);
    this.#bytes = target;
    this.#end = kept;
  }
}
