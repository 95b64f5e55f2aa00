import type { BitWriter } from './bit-writer.ts';
import { CODE_LENGTH, CODE_LENGTH_ORDER, DISTANCES, END_OF_BLOCK, LITERALS } from './deflate-codes.ts';
import { CODE_BITS, HuffmanCode } from './huffman-code.ts';

/** The code of code lengths, and symbols of it: the last length again, and short and long runs of 0. RFC 1951 §3.2.7. */
const code = new HuffmanCode(new Uint16Array(CODE_LENGTH_ORDER.length), 7);
const AGAIN = 16;
const ZEROS = 17;
const MANY_ZEROS = 18;

/** How many bits behind each symbol say how often. */
const runBits = (symbol: number): number => (symbol === AGAIN ? 2 : symbol === ZEROS ? 3 : 7);

/** The lengths of both codes as symbols, with what the bits behind them say above. */
const symbols = new Uint16Array(LITERALS + DISTANCES);
const SYMBOL_BITS = 5;
const SYMBOL = (1 << SYMBOL_BITS) - 1;

let count = 0;
/** How many lengths of codes there are of either kind, and lengths of lengths. */
let literalCount = 0;
let distanceCount = 0;
let orderCount = 0;

/** Prepares the header of a dynamic block with these codes; returns how many bits it takes. */
export function prepareHeader(literals: HuffmanCode, distances: HuffmanCode): number {
  const { frequencies, lengths } = code;
  literalCount = literals.end;
  distanceCount = Math.max(1, distances.end);
  frequencies.fill(0);
  count = 0;
  addLengths(literals.lengths, literalCount);
  addLengths(distances.lengths, distanceCount);
  code.build();
  orderCount = CODE_LENGTH_ORDER.length;
  while (lengths[CODE_LENGTH_ORDER[orderCount - 1]!] === 0) orderCount--;
  const runs = 2 * frequencies[AGAIN]! + 3 * frequencies[ZEROS]! + 7 * frequencies[MANY_ZEROS]!;
  return 3 + 14 + 3 * orderCount + code.total + runs;
}

/** Writes what was prepared. */
export function writeHeader(writer: BitWriter): void {
  writer.put(0b100, 3);
  writer.put(literalCount - END_OF_BLOCK - 1, 5);
  writer.put(distanceCount - 1, 5);
  writer.put(orderCount - 4, 4);
  for (let i = 0; i < orderCount; i++) writer.put(code.lengths[CODE_LENGTH_ORDER[i]!]!, 3);
  for (let i = 0; i < count; i++) {
    const symbol = symbols[i]! & SYMBOL;
    const entry = code.codes[symbol]!;
    writer.put(entry >> CODE_BITS, entry & CODE_LENGTH);
    if (symbol >= AGAIN) writer.put(symbols[i]! >> SYMBOL_BITS, runBits(symbol));
  }
}

function addLengths(lengths: Uint8Array, total: number): void {
  for (let at = 0; at < total;) {
    const length = lengths[at]!;
    const start = at;
    while (at < total && lengths[at] === length) at++;
    if (length === 0) addZeros(at - start);
    else addRun(length, at - start);
  }
}

function addZeros(times: number): void {
  for (; times > 10; times -= Math.min(times, 138)) add(MANY_ZEROS, Math.min(times, 138) - 11);
  if (times > 2) add(ZEROS, times - 3);
  else for (; times > 0; times--) add(0, 0);
}

function addRun(length: number, times: number): void {
  add(length, 0);
  for (times--; times > 2; times -= Math.min(times, 6)) add(AGAIN, Math.min(times, 6) - 3);
  for (; times > 0; times--) add(length, 0);
}

function add(symbol: number, run: number): void {
  symbols[count++] = (run << SYMBOL_BITS) | symbol;
  code.frequencies[symbol]!++;
}
