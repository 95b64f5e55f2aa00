const NOTHING = new Uint8Array(0);

/**
 * The bits of a DEFLATE stream, lowest first. RFC 1951 §3.1.1. Behind the end of the input there are zeros; `isOver`
 * tells whether one of them was taken. Its fields have no `#`, with which inflating takes a tenth longer.
 */
export class BitReader {
  input: Uint8Array = NOTHING;
  /** Where the next byte is. */
  at = 0;
  /** Bits that were read and not taken, `count` of them, zeros above. */
  held = 0;
  count = 0;

  start(input: Uint8Array): void {
    this.input = input;
    this.at = this.held = this.count = 0;
  }

  /** Lets go of the input. */
  end(): void {
    this.input = NOTHING;
  }

  /** At most 15 bits as a number. */
  take(bits: number): number {
    const taken = this.peek() & ((1 << bits) - 1);
    this.drop(bits);
    return taken;
  }

  /** The next bits, at least 15 of them. */
  peek(): number {
    if (this.count < 15) this.fill();
    return this.held;
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
    return 8 * this.at - this.count > 8 * this.input.length;
  }

  /** Two bytes more, for when fewer than 16 bits are at hand. */
  fill(): void {
    const { input, at } = this;
    if (at + 1 < input.length) this.held |= (input[at]! | (input[at + 1]! << 8)) << this.count;
    else if (at < input.length) this.held |= input[at]! << this.count;
    this.at += 2;
    this.count += 16;
  }
}
