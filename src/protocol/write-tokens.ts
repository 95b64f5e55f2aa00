import type { BitWriter } from './bit-writer.ts';
import {
  CODE_LENGTH,
  distanceSymbol,
  END_OF_BLOCK,
  extraOf,
  lengthSymbols,
  literalMeanings,
  VALUE,
} from './deflate-codes.ts';
import { DISTANCE, tokens } from './find-repetitions.ts';
import { CODE_BITS } from './huffman-code.ts';

/** The length in a token. */
const LENGTH = (1 << DISTANCE) - 1;

/** What stands for each length: the symbol, how many extra bits, and what they are. */
const SYMBOL = 511;
const EXTRA_COUNT = 9;
const EXTRA_BITS = 12;
const lengthParts = Int32Array.from(lengthSymbols, (symbol, length) => {
  const meaning = literalMeanings[symbol]!;
  return symbol | (extraOf(meaning) << EXTRA_COUNT) | ((length - (meaning >> VALUE)) << EXTRA_BITS);
});

/**
 * Writes the tokens of a block and its end in these codes. RFC 1951 §3.2.5. The state of the writer is kept in
 * variables. After each code four bytes are written, of which those that are whole count: whether there are any is not asked, as the
 * processor would guess wrong too often. Literals have a way of their own, as most tokens are some: a thirtieth. So fewer than 8 bits are held, and at most 20 are added. Calls of `put` instead would take a
 * thirtieth more of the time that compressing 1 KiB takes (bench/micro/deflate.js).
 */
export function writeTokens(writer: BitWriter, literals: Int32Array, distances: Int32Array): void {
  const { fours } = writer;
  const { items, count: end } = tokens;
  const parts = lengthParts;
  writer.putWhole();
  let { at, held, count } = writer;
  for (let i = 0; i < end; i++) {
    const token = items[i]!;
    if (token < END_OF_BLOCK) {
      const entry = literals[token]!;
      held |= (entry >> CODE_BITS) << count;
      count += entry & CODE_LENGTH;
      fours.setInt32(at, held, true);
      at += count >> 3;
      held >>>= count & 24;
      count &= 7;
      continue;
    }

    const length = parts[token & LENGTH]!;
    let entry = literals[length & SYMBOL]!;
    held |= (entry >> CODE_BITS) << count;
    count += entry & CODE_LENGTH;
    held |= (length >> EXTRA_BITS) << count;
    count += (length >> EXTRA_COUNT) & 7;
    fours.setInt32(at, held, true);
    at += count >> 3;
    held >>>= count & 24;
    count &= 7;

    const distance = token >> DISTANCE;
    const symbol = distanceSymbol(distance);
    entry = distances[symbol]!;
    held |= (entry >> CODE_BITS) << count;
    count += entry & CODE_LENGTH;
    fours.setInt32(at, held, true);
    at += count >> 3;
    held >>>= count & 24;
    count &= 7;

    const extra = Math.max(0, (symbol >> 1) - 1);
    held |= ((distance - 1) & ((1 << extra) - 1)) << count;
    count += extra;
    fours.setInt32(at, held, true);
    at += count >> 3;
    held >>>= count & 24;
    count &= 7;
  }
  writer.at = at;
  writer.held = held;
  writer.count = count;
  const entry = literals[END_OF_BLOCK]!;
  writer.put(entry >> CODE_BITS, entry & CODE_LENGTH);
}
