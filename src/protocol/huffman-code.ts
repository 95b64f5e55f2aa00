import { LONGEST_CODE } from './deflate-codes.ts';

/** In a number that sorts by how often a symbol occurs: the symbol. */
const SYMBOL_BITS = 9;
const SYMBOL = (1 << SYMBOL_BITS) - 1;

/** Symbols that occur as often or more are put in order one by one; most do not. */
const OFTEN = 64;

/** Everything here is used from beginning to end in one call. */
const unsorted = new Int32Array(1 << SYMBOL_BITS);
const sorted = new Int32Array(1 << SYMBOL_BITS);
const places = new Uint16Array(OFTEN + 1);
/** The tree: leaves, the rarest first, then the nodes that join them, the last of which is the root. */
const weights = new Int32Array(2 << SYMBOL_BITS);
const parents = new Uint16Array(2 << SYMBOL_BITS);
const depths = new Uint8Array(2 << SYMBOL_BITS);
const counts = new Uint16Array(LONGEST_CODE + 1);
const nextCodes = new Uint16Array(LONGEST_CODE + 1);

/** Where in an entry of `codes` the bits of the code begin: above its length, which is `CODE_LENGTH`. */
export const CODE_BITS = 4;

/** The best canonical Huffman code for symbols that occur so often, for encoding. RFC 1951 §3.2.2. */
export class HuffmanCode {
  /** How often each symbol occurs: counted by the user. */
  readonly frequencies: Uint16Array;
  /** Bits of the code of each symbol, 0 for those that do not occur. */
  readonly lengths: Uint8Array;
  /** The codes of those that occur: the bits, first one lowest, and in the four lowest bits how many. */
  readonly codes: Int32Array;
  /** All symbols from here on do not occur. */
  end = 0;
  /** How many bits all symbols take. */
  total = 0;
  readonly #longest: number;

  /** No code has more than `longest` bits. */
  constructor(frequencies: Uint16Array, longest = LONGEST_CODE) {
    this.frequencies = frequencies;
    this.lengths = new Uint8Array(frequencies.length);
    this.codes = new Int32Array(frequencies.length);
    this.#longest = longest;
  }

  /** Makes the code for `frequencies`. */
  build(): void {
    const used = this.#sort();
    counts.fill(0);
    // A single symbol has a code of one bit, although none would do.
    if (used === 1) counts[1] = 1;
    else countLengths(used, this.#longest);
    this.#assignLengths(used);
    this.#assignCodes(used);
  }

  /** Puts the symbols that occur in order, the rarest first; returns how many there are. */
  #sort(): number {
    const { frequencies } = this;
    const seen = unsorted;
    const inOrder = sorted;
    const next = places;
    next.fill(0);
    let used = 0;
    for (let symbol = 0; symbol < frequencies.length; symbol++) {
      const frequency = frequencies[symbol]!;
      if (frequency === 0) continue;
      seen[used++] = (frequency << SYMBOL_BITS) | symbol;
      next[Math.min(frequency, OFTEN)]!++;
      this.end = symbol + 1;
    }
    if (used === 0) this.end = 0;
    for (let frequency = 0, place = 0; frequency <= OFTEN; frequency++) {
      const count = next[frequency]!;
      next[frequency] = place;
      place += count;
    }
    const often = next[OFTEN]!;
    for (let i = 0; i < used; i++) {
      const each = seen[i]!;
      let place = next[Math.min(each >> SYMBOL_BITS, OFTEN)]!++;
      for (; place > often && inOrder[place - 1]! > each; place--) inOrder[place] = inOrder[place - 1]!;
      inOrder[place] = each;
    }
    return used;
  }

  /** The more often a symbol occurs, the shorter is its code. */
  #assignLengths(used: number): void {
    const { lengths } = this;
    lengths.fill(0);
    this.total = 0;
    for (let length = 1, left = used; left > 0; length++) {
      for (let count = counts[length]!; count > 0; count--) {
        const each = sorted[--left]!;
        lengths[each & SYMBOL] = length;
        this.total += length * (each >> SYMBOL_BITS);
      }
    }
  }

  /** As `assignCodes` does, which is its plain twin: only the symbols that occur are looked at, which `#sort` has met in their order. */
  #assignCodes(used: number): void {
    const { lengths, codes } = this;
    const next = nextCodes;
    startCodes();
    for (let i = 0; i < used; i++) {
      const symbol = unsorted[i]! & SYMBOL;
      const length = lengths[symbol]!;
      codes[symbol] = (reverse(next[length]!++, length) << CODE_BITS) | length;
    }
  }
}

/** Counts how many codes of each length the best code has: joins the two rarest again and again, symbols or nodes. */
function countLengths(used: number, longest: number): void {
  const weight = weights;
  const parent = parents;
  const depthOf = depths;
  const inOrder = sorted;
  for (let each = 0; each < used; each++) weight[each] = inOrder[each]! >> SYMBOL_BITS;
  const root = 2 * used - 2;
  let leaf = 0;
  let node = used;
  for (let next = used; next <= root; next++) {
    const one = leaf < used && (node === next || weight[leaf]! <= weight[node]!) ? leaf++ : node++;
    const other = leaf < used && (node === next || weight[leaf]! <= weight[node]!) ? leaf++ : node++;
    weight[next] = weight[one]! + weight[other]!;
    parent[one] = parent[other] = next;
  }
  depthOf[root] = 0;
  let isTooLong = false;
  for (let each = root - 1; each >= 0; each--) {
    let depth = depthOf[parent[each]!]! + 1;
    depthOf[each] = depth;
    if (each >= used) continue;
    if (depth > longest) {
      depth = longest;
      isTooLong = true;
    }
    counts[depth]!++;
  }
  if (isTooLong) makeRoom(longest);
}

/** Codes were cut to the `longest` length, and are too many now: takes some of those, and makes shorter ones longer. */
function makeRoom(longest: number): void {
  let over = -(1 << longest);
  for (let length = 1; length <= longest; length++) over += counts[length]! << (longest - length);
  for (; over > 0; over--) {
    let length = longest - 1;
    while (counts[length] === 0) length--;
    // One of this length becomes two that are a bit longer: itself, and one of the longest, which leaves its place.
    counts[length]!--;
    counts[length + 1]! += 2;
    counts[longest]!--;
  }
}

/** The codes of the lengths of the first `end` symbols. §3.2.2. */
export function assignCodes(lengths: Uint8Array, end: number, codes: Int32Array): void {
  const number = counts;
  const next = nextCodes;
  number.fill(0);
  for (let symbol = 0; symbol < end; symbol++) number[lengths[symbol]!]!++;
  number[0] = 0;
  startCodes();
  for (let symbol = 0; symbol < end; symbol++) {
    const length = lengths[symbol]!;
    if (length !== 0) codes[symbol] = (reverse(next[length]!++, length) << CODE_BITS) | length;
  }
}

/** The first code of each length, by how many of each there are. */
function startCodes(): void {
  for (let length = 1, code = 0; length <= LONGEST_CODE; length++) {
    code = 2 * (code + counts[length - 1]!);
    nextCodes[length] = code;
  }
}

const reversedBytes = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});

/** Codes begin with their highest bit, and everything else with its lowest. §3.1.1. */
function reverse(code: number, length: number): number {
  return ((reversedBytes[code & 255]! << 8) | reversedBytes[code >> 8]!) >> (16 - length);
}
