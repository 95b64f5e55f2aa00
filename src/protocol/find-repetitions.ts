import { Buffer } from 'node:buffer';
import { DISTANCES, distanceSymbol, END_OF_BLOCK, lengthSymbols, LITERALS } from './deflate-codes.ts';

/** Most bytes of a message, and before it. */
export const LARGEST_MESSAGE = 8192;
const LARGEST_HISTORY = 32_768;

/** Repetitions of fewer bytes are not looked for: they hardly gain anything. */
const SHORTEST = 4;
const LONGEST = 258;

/** How many places are compared, and fewer to find out whether a repetition that begins a byte later is longer. */
const TRIES = 32;
const LATER_TRIES = 16;
/** From this length on, that is not asked. */
const LONG = 16;

const HASH_BITS = 13;

/** The history and the message behind it, from FIRST on: place 0 stands for none. */
const FIRST = 4;
const memory = Buffer.allocUnsafeSlow(FIRST + LARGEST_HISTORY + LARGEST_MESSAGE + SHORTEST);
/** Reads four bytes at once, from anywhere. */
const fourBytes = new DataView(memory.buffer);

/** By a hash of four bytes: the last place where they were seen; and by place: where they were seen before that. */
const newest = new Uint16Array(1 << HASH_BITS);
const older = new Uint16Array(memory.length);

/** What the last message consists of. */
export const tokens = {
  /** Bytes, and repetitions as `distance << DISTANCE | length`, which are above all bytes; `count` of them. */
  items: new Int32Array(LARGEST_MESSAGE),
  count: 0,
  /** How many of them are repetitions. */
  repetitions: 0,
  /** How often each symbol occurs, the end of the block included. */
  literals: new Uint16Array(LITERALS),
  distances: new Uint16Array(DISTANCES),
};
export const DISTANCE = 9;

/** Where in what `search` returns the place is: above a length that may be that of the longest message. */
const PLACE = 14;
const LENGTH = (1 << PLACE) - 1;

/**
 * Makes `tokens` of a message, which may refer `reach` bytes back, also to the `history` before it.
 *
 * Every second place of the history is noted, and a repetition grows to the front once it is found: half of the time,
 * and hardly ever is anything missed. The loops have all arrays in variables of their own, which saves a fifth.
 */
export function findRepetitions(message: Uint8Array, history: Uint8Array, reach: number): void {
  const { items, literals, distances } = tokens;
  const bytes = memory;
  const heads = newest;
  const links = older;
  const lengthSymbol = lengthSymbols;
  const start = FIRST + history.length;
  const end = start + message.length;
  const last = end - SHORTEST;
  bytes.set(history, FIRST);
  bytes.set(message, start);
  noteHistory(start);
  literals.fill(0);
  distances.fill(0);
  let count = 0;
  let repetitions = 0;
  /** Up to here there are tokens. */
  let done = start;
  for (let at = start; at <= last;) {
    const place = note(at, heads, links);
    let found = place === 0 ? 0 : search(at, place, SHORTEST - 1, TRIES, end, reach, bytes, links);
    if (found === 0) {
      at++;
      continue;
    }
    let next = at + 1;
    if ((found & LENGTH) < LONG && next <= last) {
      const first = note(next, heads, links);
      const later = search(next, first, found & LENGTH, LATER_TRIES, end, reach, bytes, links);
      if (later !== 0) {
        found = later;
        at = next;
      }
      next++;
    }
    let from = found >> PLACE;
    let length = found & LENGTH;
    while (at > done && from > FIRST && bytes[at - 1] === bytes[from - 1]) {
      at--;
      from--;
      length++;
    }
    while (done < at) {
      const byte = bytes[done++]!;
      literals[byte]!++;
      items[count++] = byte;
    }
    const distance = at - from;
    done = at = at + length;
    while (length > 0) {
      // What is left of a long one must not be too short to be one.
      const part = length <= LONGEST ? length : Math.min(LONGEST, length - SHORTEST);
      literals[lengthSymbol[part]!]!++;
      distances[distanceSymbol(distance)]!++;
      items[count++] = (distance << DISTANCE) | part;
      repetitions++;
      length -= part;
    }
    for (const stop = Math.min(at - 1, last); next <= stop; next += 2) note(next, heads, links);
  }
  while (done < end) {
    const byte = bytes[done++]!;
    literals[byte]!++;
    items[count++] = byte;
  }
  literals[END_OF_BLOCK] = 1;
  tokens.count = count;
  tokens.repetitions = repetitions;
}

function noteHistory(start: number): void {
  const heads = newest;
  const links = older;
  heads.fill(0);
  for (let at = FIRST; at + SHORTEST <= start; at += 2) note(at, heads, links);
}

/** Notes what begins at a place; returns where the same was noted before, or 0. */
function note(at: number, heads: Uint16Array, links: Uint16Array): number {
  const hash = Math.imul(fourBytes.getInt32(at, true), 0x9e37_79b1) >>> (32 - HASH_BITS);
  const before = heads[hash]!;
  links[at] = before;
  heads[hash] = at;
  return before;
}

/**
 * The longest repetition of what begins `at` a place, as `place << PLACE | length`, or 0 if none has more than `least`
 * bytes. `place` is the first to be tried.
 */
function search(
  at: number,
  place: number,
  least: number,
  tries: number,
  end: number,
  reach: number,
  bytes: Uint8Array,
  links: Uint16Array,
): number {
  const most = end - at;
  const nearest = Math.max(0, at - reach - 1);
  let longest = least;
  let from = 0;
  for (; place > nearest && tries > 0; place = links[place]!, tries--) {
    if (bytes[place + longest] !== bytes[at + longest]) continue;
    const length = Math.min(most, commonLength(place, at, most));
    if (length <= longest) continue;
    longest = length;
    from = place;
    if (length === most) break;
  }
  return from === 0 ? 0 : (from << PLACE) | longest;
}

/** How many bytes from two places on are the same: not much more than `most` are looked at. */
function commonLength(one: number, other: number, most: number): number {
  for (let length = 0; length < most; length += 4) {
    const differing = fourBytes.getInt32(one + length, true) ^ fourBytes.getInt32(other + length, true);
    if (differing !== 0) return length + ((31 - Math.clz32(differing & -differing)) >> 3);
  }
  return most;
}
