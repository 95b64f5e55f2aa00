import type { Buffer } from 'node:buffer';
import { BitWriter } from './bit-writer.ts';
import {
  distanceMeanings,
  END_OF_BLOCK,
  extraOf,
  fixedDistanceLengths,
  fixedLiteralLengths,
  literalMeanings,
} from './deflate-codes.ts';
import { TAIL } from './deflate-tail.ts';
import { prepareHeader, writeHeader } from './dynamic-header.ts';
import { findRepetitions, LARGEST_MESSAGE, tokens } from './find-repetitions.ts';
import { assignCodes, HuffmanCode } from './huffman-code.ts';
import { writeTokens } from './write-tokens.ts';

/** Extra bits of one repetition: of its length and of its distance. */
const MOST_EXTRA = 5 + 13;

/** Everything here is used from beginning to end in one call, so one of each does for all connections. */
const literals = new HuffmanCode(tokens.literals);
const distances = new HuffmanCode(tokens.distances);
/** Where compressing makes a message longer, it is stored: some bytes more than it has are enough. */
const writer = new BitWriter(LARGEST_MESSAGE + 32);

const fixedLiterals = new Int32Array(fixedLiteralLengths.length);
assignCodes(fixedLiteralLengths, fixedLiteralLengths.length, fixedLiterals);
const fixedDistances = new Int32Array(fixedDistanceLengths.length);
assignCodes(fixedDistanceLengths, fixedDistanceLengths.length, fixedDistances);

/**
 * Compresses a small message without zlib, which sets up and clears its tables, and reads the history anew, for longer
 * than the message takes. RFC 1951. `history` is what is before the message, which may refer `reach` bytes back.
 *
 * A message is one block, of the kind that is shortest, and flushed: with the tail, unless this is the last (`fin`) of a
 * message of RFC 7692, which leaves without it.
 */
export function deflateSmall(message: Uint8Array, history: Uint8Array, reach: number, fin = false): Buffer {
  findRepetitions(message, history, reach);
  if (message.length > 0) writeBlock(message);
  writer.put(0b000, 3);
  writer.align();
  if (!fin) writer.append(TAIL);
  return writer.take();
}

function writeBlock(message: Uint8Array): void {
  literals.build();
  distances.build();
  const dynamic = prepareHeader(literals, distances) + literals.total + distances.total;
  const fixed = dynamic < leastFixed() ? Infinity : 3 + fixedTotal();
  const shortest = Math.min(dynamic, fixed);
  const stored = 8 * (message.length + 5);
  if (shortest + MOST_EXTRA * tokens.repetitions >= stored && shortest + extraTotal() >= stored) {
    writeStored(message);
  } else if (fixed <= dynamic) {
    writer.put(0b010, 3);
    writeTokens(writer, fixedLiterals, fixedDistances);
  } else {
    writeHeader(writer);
    writeTokens(writer, literals.codes, distances.codes);
  }
}

/** No code of a fixed block is shorter than 7 bits, or 5 for a distance. */
function leastFixed(): number {
  return 3 + 7 * (tokens.count + 1) + 5 * tokens.repetitions;
}

function fixedTotal(): number {
  let total = 0;
  for (let symbol = 0; symbol < literals.end; symbol++) {
    total += literals.frequencies[symbol]! * fixedLiteralLengths[symbol]!;
  }
  for (let symbol = 0; symbol < distances.end; symbol++) total += 5 * distances.frequencies[symbol]!;
  return total;
}

/** Extra bits are the same with all codes. */
function extraTotal(): number {
  let total = 0;
  for (let symbol = END_OF_BLOCK + 1; symbol < literals.end; symbol++) {
    total += literals.frequencies[symbol]! * extraOf(literalMeanings[symbol]!);
  }
  for (let symbol = 0; symbol < distances.end; symbol++) {
    total += distances.frequencies[symbol]! * extraOf(distanceMeanings[symbol]!);
  }
  return total;
}

/** §3.2.4. */
function writeStored(message: Uint8Array): void {
  writer.put(0b000, 3);
  writer.align();
  writer.put(message.length, 16);
  writer.put(~message.length & 0xffff, 16);
  writer.append(message);
}
