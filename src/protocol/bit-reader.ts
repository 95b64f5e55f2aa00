/** The most bytes that an input may have. */
export const LARGEST_INPUT = 32_768;

/** So many zeros are behind the input: more than is read of them before it is noticed. */
const ZEROS = 16;

/** The input is copied here, where four bytes are read at once, from anywhere, and past its end. */
const memory = new Uint8Array(LARGEST_INPUT + 2 * ZEROS);
const fours = new DataView(memory.buffer);

/**
 * The bits of a DEFLATE stream, lowest first. RFC 1951 §3.1.1. Behind the end of the input there are zeros; `isOver`
 * tells whether one of them was taken. Its fields have no `#`, with which inflating takes a tenth longer.
 */
export class BitReader {
  readonly input: Uint8Array = memory;
  length = 0;
  /** Where the next byte is. */
  at = 0;
  /** Bits that were read and not taken, `count` of them; more may be there. */
  held = 0;
  count = 0;

  start(input: Uint8Array): void {
    const { length } = input;
    memory.set(input);
    memory.fill(0, length, length + ZEROS);
    this.length = length;
    this.at = this.held = this.count = 0;
  }

  /** At most 15 bits as a number. */
  take(bits: number): number {
    if (this.count < 15) this.fill();
    return this.takeHeld(bits);
  }

  /** The same where they are known to be at hand. */
  takeHeld(bits: number): number {
    const taken = this.held & ((1 << bits) - 1);
    this.drop(bits);
    return taken;
  }

  drop(bits: number): void {
    this.held >>>= bits;
    this.count -= bits;
  }

  /** Goes on at the next byte that no bit was taken of. */
  align(): void {
    this.at -= this.count >> 3;
    this.held = this.count = 0;
  }

  get isOver(): boolean {
    return 8 * this.at - this.count > 8 * this.length;
  }

  /**
   * Makes it at least 24 bits. Whether there are fewer is not asked: that would be guessed wrong by the processor too often. So in `held`
   * the bits above `count` are those that come next, or 0, and reading them once more changes nothing.
   */
  fill(): void {
    const { count } = this;
    this.held |= fours.getInt32(this.at, true) << count;
    this.at += (31 - count) >> 3;
    this.count = count | 24;
  }
}
