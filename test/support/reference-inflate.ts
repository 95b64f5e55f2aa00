/** The lengths and distances of RFC 1951 §3.2.5: base values, and how many bits follow. */
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * RFC 1951 as it is written there, slow and on its own: continues `history` by what `deflated` holds, and tells how far
 * back the furthest reference went. Ends at the end of the input, wherever that is.
 */
export function referenceInflate(deflated: Uint8Array, history: number[]): { reach: number } {
  const bits = new Bits(deflated);
  let reach = 0;
  while (bits.left >= 3) {
    bits.read(1);
    const type = bits.read(2);
    if (type === 0) {
      bits.align();
      if (bits.left < 32) break;
      const length = bits.read(16);
      bits.read(16);
      for (let i = 0; i < length; i++) history.push(bits.read(8));
    } else {
      const [literals, distances] = type === 1 ? fixedCodes() : readCodes(bits);
      reach = Math.max(reach, inflateBlock(bits, literals, distances, history));
    }
  }
  return { reach };
}

function inflateBlock(bits: Bits, literals: Code, distances: Code, out: number[]): number {
  let reach = 0;
  for (;;) {
    const symbol = literals.read(bits);
    if (symbol === 256) return reach;
    if (symbol < 256) {
      out.push(symbol);
      continue;
    }
    const length = symbol === 285 ? 258 : LENGTHS[symbol - 257]! + bits.read(LENGTH_BITS[symbol - 257]!);
    const code = distances.read(bits);
    const extra = code < 4 ? 0 : (code >> 1) - 1;
    const distance = (code < 4 ? code : (2 + (code & 1)) << extra) + 1 + bits.read(extra);
    if (distance > out.length) throw new Error(`distance ${distance} with ${out.length} bytes at hand`);
    reach = Math.max(reach, distance);
    for (let i = 0; i < length; i++) out.push(out[out.length - distance]!);
  }
}

function fixedCodes(): [Code, Code] {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [new Code(lengths), new Code(Array.from({ length: 30 }, () => 5))];
}

function readCodes(bits: Bits): [Code, Code] {
  const literals = bits.read(5) + 257;
  const distances = bits.read(5) + 1;
  const lengthCodes = Array.from({ length: 19 }, () => 0);
  const count = bits.read(4) + 4;
  for (let i = 0; i < count; i++) lengthCodes[CODE_ORDER[i]!] = bits.read(3);
  const code = new Code(lengthCodes);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = code.read(bits);
    if (symbol < 16) lengths.push(symbol);
    else {
      const repeated = symbol === 16 ? lengths.at(-1)! : 0;
      const times = symbol === 16 ? 3 + bits.read(2) : symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7);
      for (let i = 0; i < times; i++) lengths.push(repeated);
    }
  }
  return [new Code(lengths.slice(0, literals)), new Code(lengths.slice(literals))];
}

/** A canonical Huffman code, RFC 1951 §3.2.2. */
class Code {
  readonly #counts = Array.from({ length: 16 }, () => 0);
  readonly #symbols: number[] = [];

  constructor(lengths: readonly number[]) {
    for (let length = 1; length < 16; length++) {
      for (const [symbol, itsLength] of lengths.entries()) {
        if (itsLength !== length) continue;
        this.#counts[length]!++;
        this.#symbols.push(symbol);
      }
    }
  }

  read(bits: Bits): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= bits.read(1);
      const count = this.#counts[length]!;
      if (code - first < count) return this.#symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error('no such code');
  }
}

class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return 8 * this.#bytes.length - this.#at;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) value |= ((this.#bytes[this.#at >> 3]! >> (this.#at & 7)) & 1) << i;
    return value;
  }

  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }
}
