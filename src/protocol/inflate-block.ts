import { Buffer } from 'node:buffer';
import type { BitReader } from './bit-reader.ts';
import { END, EXTRA, LITERAL, VALUE } from './deflate-codes.ts';
import { CODE_LENGTH, type HuffmanTable } from './huffman-table.ts';

/** Messages of more bytes are left to zlib. */
export const LARGEST_OUTPUT = 16_384;

/** A constant of its module is at a known address for the compiled loop: a twentieth of its time. */
const constant = Buffer.allocUnsafeSlow(LARGEST_OUTPUT);

/** Where blocks are inflated to, one behind the other. */
export const target = {
  output: constant,
  /** What is before the output. */
  history: constant as Uint8Array,
  /** How far back references may go. */
  reach: 0,
  /** Bytes of the output that are there, and at most may be. */
  length: 0,
  most: 0,
};

/**
 * Inflates what follows the header of a block up to its end. RFC 1951 §3.2.3. Returns false, with everything left as it
 * happens to be, for what is wrong, too long, or not all there.
 *
 * The state of the reader is kept in variables: at least 15 bits are at hand for a code, and 16 more can be added.
 */
export function inflateBlock(bits: BitReader, literals: HuffmanTable, distances: HuffmanTable): boolean {
  const { input } = bits;
  const { history, reach, most } = target;
  const output = constant;
  const { entries: literalEntries, mask: literalMask } = literals;
  const { entries: distanceEntries, mask: distanceMask } = distances;
  const inputEnd = input.length;
  let { at, held, count } = bits;
  let { length } = target;
  for (;;) {
    if (count < 15) {
      if (at + 1 < inputEnd) held |= (input[at]! | (input[at + 1]! << 8)) << count;
      else if (at < inputEnd) held |= input[at]! << count;
      else if (at > inputEnd + 2) return false; // Not a bit is left of the input.
      at += 2;
      count += 16;
    }
    let entry = literalEntries[held & literalMask]!;
    if (entry === 0 && (entry = literals.findLong(held)) === 0) return false;
    held >>>= entry & CODE_LENGTH;
    count -= entry & CODE_LENGTH;
    if ((entry & LITERAL) !== 0) {
      if (length === most) return false;
      output[length++] = entry >>> VALUE;
      continue;
    }
    if ((entry & END) !== 0) break;

    let extra = (entry >>> EXTRA) & 15;
    if (count < 15) {
      if (at + 1 < inputEnd) held |= (input[at]! | (input[at + 1]! << 8)) << count;
      else if (at < inputEnd) held |= input[at]! << count;
      at += 2;
      count += 16;
    }
    const end = length + (entry >>> VALUE) + (held & ((1 << extra) - 1));
    if (end > most) return false;
    held >>>= extra;
    count -= extra;

    if (count < 15) {
      if (at + 1 < inputEnd) held |= (input[at]! | (input[at + 1]! << 8)) << count;
      else if (at < inputEnd) held |= input[at]! << count;
      at += 2;
      count += 16;
    }
    entry = distanceEntries[held & distanceMask]!;
    if (entry === 0 && (entry = distances.findLong(held)) === 0) return false;
    held >>>= entry & CODE_LENGTH;
    count -= entry & CODE_LENGTH;
    extra = (entry >>> EXTRA) & 15;
    if (count < extra) {
      if (at + 1 < inputEnd) held |= (input[at]! | (input[at + 1]! << 8)) << count;
      else if (at < inputEnd) held |= input[at]! << count;
      at += 2;
      count += 16;
    }
    const distance = (entry >>> VALUE) + (held & ((1 << extra) - 1));
    if (distance > reach) return false;
    held >>>= extra;
    count -= extra;

    let from = length - distance;
    if (from < 0) {
      from += history.length;
      if (from < 0) return false;
      const stop = Math.min(end, length + history.length - from);
      while (length < stop) output[length++] = history[from++]!;
      from = 0;
    }
    while (length < end) output[length++] = output[from++]!;
  }
  bits.at = at;
  bits.held = held;
  bits.count = count;
  target.length = length;
  return !bits.isOver;
}
