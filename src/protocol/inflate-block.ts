import { Buffer } from 'node:buffer';
import type { BitReader } from './bit-reader.ts';
import { CODE_LENGTH, END, extraOf, LITERAL, VALUE } from './deflate-codes.ts';
import type { HuffmanTable } from './huffman-table.ts';

/** Messages of more bytes are left to zlib. */
export const LARGEST_OUTPUT = 16_384;

const FOUR = 4;

/** A constant of its module is at a known address for the compiled loop: a twentieth of its time. */
const constant = Buffer.allocUnsafeSlow(LARGEST_OUTPUT + FOUR);
/** Repetitions are copied by four bytes: a tenth of the time. */
const fours = new DataView(constant.buffer);

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
 */
export function inflateBlock(bits: BitReader, literals: HuffmanTable, distances: HuffmanTable): boolean {
  const { history, reach, most } = target;
  const output = constant;
  const { entries: literalEntries, mask: literalMask } = literals;
  const { entries: distanceEntries, mask: distanceMask } = distances;
  const foursBefore = history.length === 0 ? fours : new DataView(history.buffer, history.byteOffset, history.length);
  let { length } = target;
  while (!bits.isOver) {
    bits.fill();
    let entry = literalEntries[bits.held & literalMask]!;
    if (entry === 0 && (entry = literals.findLong(bits.held)) === 0) return false;
    bits.drop(entry & CODE_LENGTH);
    if ((entry & LITERAL) !== 0) {
      if (length === most) return false;
      output[length++] = entry >>> VALUE;
      continue;
    }
    if ((entry & END) !== 0) {
      target.length = length;
      return !bits.isOver;
    }

    const end = length + (entry >>> VALUE) + bits.takeHeld(extraOf(entry));
    if (end > most) return false;
    bits.fill();
    entry = distanceEntries[bits.held & distanceMask]!;
    if (entry === 0 && (entry = distances.findLong(bits.held)) === 0) return false;
    bits.drop(entry & CODE_LENGTH);
    const distance = (entry >>> VALUE) + bits.take(extraOf(entry));
    if (distance > reach) return false;

    let from = length - distance;
    if (from < 0) {
      from += history.length;
      if (from < 0) return false;
      const stop = Math.min(end, length + history.length - from);
      for (; length + FOUR <= stop; length += FOUR, from += FOUR) fours.setInt32(length, foursBefore.getInt32(from));
      while (length < stop) output[length++] = history[from++]!;
      from = 0;
    }
    if (length - from >= FOUR) {
      // Up to three bytes too many: what comes next is written over them.
      for (; length < end; length += FOUR, from += FOUR) fours.setInt32(length, fours.getInt32(from));
      length = end;
    }
    while (length < end) output[length++] = output[from++]!;
  }
  return false;
}
