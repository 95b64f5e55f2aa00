import { LONGEST_CODE } from './deflate-codes.ts';

/** Fewer entries than this are copied one by one: `copyWithin` is a call that takes as long. */
const WORTH_CALL = 64;

/** While a table is built: where among the symbols the next one with a code of some length goes. */
const places = new Uint16Array(LONGEST_CODE + 2);

/**
 * A canonical Huffman code, for decoding. RFC 1951 §3.2.2. An entry is what the symbol means (`deflate-codes.ts`) with
 * the length of its code in it; 0 is no entry.
 */
export class HuffmanTable {
  /** By as many bits of the input as `mask` has, the first of them lowest; 0 for longer codes, and where there is none. */
  readonly entries: Int32Array;
  /** As many bits as the longest code has, up to those of the table. */
  mask = 0;
  readonly #bits: number;
  readonly #meanings: Int32Array;
  /** How many codes have each length. */
  readonly #counts = new Uint16Array(LONGEST_CODE + 1);
  /** In the order of their codes. */
  readonly #symbols = new Uint16Array(288);

  /** Codes of up to so many `bits` are found with one look; longer ones should be rare, and are read bit by bit. */
  constructor(meanings: Int32Array, bits: number) {
    this.#meanings = meanings;
    this.#bits = bits;
    this.entries = new Int32Array(1 << bits);
  }

  /**
   * Takes the code in which symbol i has `lengths[from + i]` bits, 0 for none. Returns whether there is such a code, and
   * it uses up all bits, or has no more than one symbol, of one bit, where a `single` one is allowed.
   */
  build(lengths: Uint8Array, from: number, to: number, single: 'single allowed' | undefined = undefined): boolean {
    const counts = this.#counts;
    const next = places;
    counts.fill(0);
    for (let i = from; i < to; i++) counts[lengths[i]!]!++;
    let left = 1;
    let longest = 0;
    next[1] = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      const count = counts[length]!;
      if (count > 0) longest = length;
      left = 2 * left - count;
      if (left < 0) return false;
      next[length + 1] = next[length]! + count;
    }
    if (left > 0 && (single === undefined || longest > 1)) return false;
    const symbols = this.#symbols;
    for (let i = from; i < to; i++) {
      const length = lengths[i]!;
      if (length > 0) symbols[next[length]!++] = i - from;
    }
    this.#fill(Math.min(longest, this.#bits));
    return true;
  }

  /** The table for codes of up to n bits is that for n − 1 bits twice, with the codes of n bits put in. */
  #fill(bits: number): void {
    this.mask = (1 << bits) - 1;
    const entries = this.entries;
    const symbols = this.#symbols;
    const meanings = this.#meanings;
    entries[0] = 0;
    let code = 0;
    let at = 0;
    for (let length = 1; length <= bits; length++) {
      const half = 1 << (length - 1);
      if (half < WORTH_CALL) for (let i = 0; i < half; i++) entries[half + i] = entries[i]!;
      else entries.copyWithin(half, 0, half);
      for (let left = this.#counts[length]!; left > 0; left--) {
        entries[code] = entry(meanings[symbols[at++]!]!, length);
        // Codes count up, and have their first bit, which is lowest here, as the highest: one is added from that end.
        let bit = half;
        while ((code & bit) !== 0) {
          code ^= bit;
          bit >>= 1;
        }
        code |= bit;
      }
    }
  }

  /** The entry of a code that is longer than a look, in at least 15 bits of the input; 0 if there is none. */
  findLong(bits: number): number {
    let code = 0;
    let first = 0;
    let at = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= (bits >> (length - 1)) & 1;
      const count = this.#counts[length]!;
      if (code - first < count) return entry(this.#meanings[this.#symbols[at + code - first]!]!, length);
      at += count;
      first = 2 * (first + count);
      code *= 2;
    }
    return 0;
  }
}

/** What does not occur has no meaning, and no entry. */
function entry(meaning: number, length: number): number {
  return meaning === 0 ? 0 : meaning | length;
}
