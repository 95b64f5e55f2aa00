import { Buffer } from 'node:buffer';
import { BitReader, LARGEST_INPUT } from './bit-reader.ts';
import {
  CODE_LENGTH,
  CODE_LENGTH_ORDER,
  codeLengthMeanings,
  DISTANCES,
  distanceMeanings,
  END_OF_BLOCK,
  fixedDistanceLengths,
  fixedLiteralLengths,
  literalMeanings,
  LITERALS,
  VALUE,
} from './deflate-codes.ts';
import { HuffmanTable } from './huffman-table.ts';
import { inflateBlock, LARGEST_OUTPUT, target } from './inflate-block.ts';

/** From so many bytes on, zlib is faster (bench/micro/deflate.js). */
export const SMALL = 640;

/** Everything here is used from beginning to end in one call, so one of each does for all connections. */
const bits = new BitReader();
const literals = new HuffmanTable(literalMeanings, 9);
const distances = new HuffmanTable(distanceMeanings, 7);
const codeLengths = new HuffmanTable(codeLengthMeanings, 7);
const lengths = new Uint8Array(LITERALS + DISTANCES);
const codeLengthLengths = new Uint8Array(CODE_LENGTH_ORDER.length);

const fixedLiterals = new HuffmanTable(literalMeanings, 9);
fixedLiterals.build(fixedLiteralLengths, 0, fixedLiteralLengths.length);
const fixedDistances = new HuffmanTable(distanceMeanings, 5);
fixedDistances.build(fixedDistanceLengths, 0, fixedDistanceLengths.length);

/**
 * Inflates a small message without zlib, which needs longer to begin than for the message itself, and reads all of the
 * history before. RFC 1951. `history` is what is before the message, which may refer `reach` bytes back.
 *
 * Returns undefined for whatever is out of the ordinary: what is wrong, breaks off, has a final block, or has more than
 * `most` bytes. It is zlib that decides what becomes of those, and says what is wrong with them.
 */
export function inflateSmall(
  payload: Uint8Array,
  history: Uint8Array,
  reach: number,
  most: number,
): Buffer | undefined {
  if (payload.length > LARGEST_INPUT) return undefined;
  bits.start(payload);
  target.history = history;
  target.reach = reach;
  target.length = 0;
  target.most = Math.min(most, LARGEST_OUTPUT);
  const isDone = inflateBlocks();
  target.history = target.output;
  if (!isDone) return undefined;
  const message = Buffer.allocUnsafe(target.length);
  target.output.copy(message, 0, 0, target.length);
  return message;
}

function inflateBlocks(): boolean {
  for (;;) {
    // The first of the three bits marks a final block.
    switch (bits.take(3)) {
      case 0:
        bits.align();
        // The sender took away the rest of an empty block. RFC 7692 §7.2.1.
        if (bits.at === bits.length) return true;
        if (!copyStored()) return false;
        break;
      case 2:
        if (!inflateBlock(bits, fixedLiterals, fixedDistances)) return false;
        break;
      case 4:
        if (!readCodes() || !inflateBlock(bits, literals, distances)) return false;
        break;
      default:
        return false;
    }
  }
}

/** §3.2.4. */
function copyStored(): boolean {
  const size = bits.take(8) | (bits.take(8) << 8);
  const check = bits.take(8) | (bits.take(8) << 8);
  bits.align();
  const { input, at } = bits;
  if ((size ^ check) !== 0xffff || size > bits.length - at || size > target.most - target.length) return false;
  target.output.set(input.subarray(at, at + size), target.length);
  bits.at += size;
  target.length += size;
  return true;
}

/** §3.2.7. */
function readCodes(): boolean {
  const literalCount = bits.take(5) + 257;
  const distanceCount = bits.take(5) + 1;
  if (literalCount > LITERALS || distanceCount > DISTANCES) return false;
  const count = bits.take(4) + 4;
  codeLengthLengths.fill(0);
  for (let i = 0; i < count; i++) codeLengthLengths[CODE_LENGTH_ORDER[i]!] = bits.take(3);
  const total = literalCount + distanceCount;
  return (
    codeLengths.build(codeLengthLengths, 0, codeLengthLengths.length) &&
    readLengths(total) &&
    lengths[END_OF_BLOCK] !== 0 &&
    literals.build(lengths, 0, literalCount) &&
    distances.build(lengths, literalCount, total, 'single allowed')
  );
}

function readLengths(total: number): boolean {
  let at = 0;
  while (at < total) {
    bits.fill();
    const entry = codeLengths.entries[bits.held & codeLengths.mask]!;
    if (entry === 0 || bits.isOver) return false;
    bits.drop(entry & CODE_LENGTH);
    const symbol = entry >>> VALUE;
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) return false;
    const repeated = symbol === 16 ? lengths[at - 1]! : 0;
    const end = at + (symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7));
    if (end > total) return false;
    while (at < end) lengths[at++] = repeated;
  }
  return true;
}
