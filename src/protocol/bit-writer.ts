import { Buffer } from 'node:buffer';

/**
 * Writes the bits of a DEFLATE stream, lowest first. RFC 1951 §3.1.1. Its fields are open to loops that keep them in
 * variables of their own; fewer than 16 bits are held between calls.
 */
export class BitWriter {
  readonly output: Buffer;
  /** The same, to write four bytes at once, anywhere; there is room for them behind what is written. */
  readonly fours: DataView;
  /** Where the next byte goes. */
  at = 0;
  /** Bits that are not in the output yet, `count` of them. */
  held = 0;
  count = 0;

  /** For up to `size` bytes. */
  constructor(size: number) {
    this.output = Buffer.allocUnsafeSlow(size + 4);
    this.fours = new DataView(this.output.buffer);
  }

  /** Adds at most 16 bits. */
  put(bits: number, count: number): void {
    this.held |= bits << this.count;
    this.count += count;
    if (this.count < 16) return;
    this.output[this.at++] = this.held;
    this.output[this.at++] = this.held >>> 8;
    this.held >>>= 16;
    this.count -= 16;
  }

  /** Writes the bytes that are whole: fewer than 8 bits are held then. */
  putWhole(): void {
    for (; this.count >= 8; this.count -= 8) {
      this.output[this.at++] = this.held;
      this.held >>>= 8;
    }
  }

  /** Fills up the byte at hand with zeros. */
  align(): void {
    this.putWhole();
    if (this.count > 0) this.output[this.at++] = this.held;
    this.held = this.count = 0;
  }

  /** Adds whole bytes, where a byte begins. */
  append(bytes: Uint8Array): void {
    this.output.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A copy of everything, and begins anew. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.at);
    this.output.copy(taken, 0, 0, this.at);
    this.at = this.held = this.count = 0;
    return taken;
  }
}
