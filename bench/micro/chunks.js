import { opcodeOf, payload } from '../lib/payloads.js';
import { encodeFrame } from '../lib/wire.js';

/**
 * What arrives, in the pieces in which it arrives.
 * @typedef {object} Arrival
 * @property {'binary' | 'text' | 'unicode'} kind
 * @property {number} size of a message
 * @property {number} [fragments] frames of a message
 * @property {number} [units] what a message counts as, where its bytes or fragments are of interest; default 1
 * @property {number} [messages] before the chunks begin anew
 * @property {number} [chunk] bytes of a chunk; default: all messages in one
 * @property {boolean} [masked] as a server gets it; default true
 */

/**
 * @typedef {object} Chunks to be fed one after another, again and again
 * @property {Buffer[]} chunks
 * @property {number} perChunk messages (or their units), on average
 * @property {Buffer[] | undefined} originals what to write into each chunk before it is fed again, if a receiver may
 * have moved what is in it: the pieces of a message, behind each other
 */

/**
 * The key changes only the two lowest bits: a chunk that was unmasked in place is, fed once more, as good as before
 * (see payloads.js).
 */
const KEY = [1, 2, 3, 1];

/** @param {Arrival} arrival */
function encodeMessage({ kind, size, fragments = 1, masked = true }) {
  const whole = payload(kind, size);
  const step = Math.ceil(size / fragments);
  const frames = [];
  for (let i = 0; i < fragments; i++) {
    const part = whole.subarray(i * step, (i + 1) * step);
    const shape = { opcode: i === 0 ? opcodeOf(kind) : 0x0, fin: i === fragments - 1 };
    frames.push(encodeFrame(part, masked ? { ...shape, key: KEY } : shape));
  }
  return Buffer.concat(frames);
}

/** At least so many chunks of a small arrival: what a library remembers of the last one is no help with the next. */
const CHUNKS = 32;

/** The bytes of all chunks stay in the processor's cache, as what a socket has just read does. */
const MOST_BYTES = 524_288;

/**
 * Those of chunks that are alike are one: what is written into a chunk is to come from the cache, too.
 * @param {Buffer[]} chunks
 */
function copies(chunks) {
  const different = [];
  return chunks.map((chunk) => {
    const known = different.find((one) => one.equals(chunk));
    if (known !== undefined) return known;
    const copy = Buffer.from(chunk);
    different.push(copy);
    return copy;
  });
}

/** @param {Arrival} arrival @returns {Chunks} */
export function buildChunks(arrival) {
  const { messages = 1, units = 1 } = arrival;
  const one = encodeMessage(arrival);
  const all = Buffer.concat(Array.from({ length: messages }, () => one));
  const { chunk = all.length } = arrival;
  const chunks = [];
  let times = 0;
  do {
    // Each in memory of its own, as the reads of a socket are.
    for (let at = 0; at < all.length; at += chunk) {
      chunks.push(Buffer.from(new Uint8Array(all.subarray(at, at + chunk)).buffer));
    }
    times++;
  } while (chunks.length < CHUNKS && (times + 1) * all.length <= MOST_BYTES);
  const mayMove = arrival.fragments !== undefined || arrival.chunk !== undefined;
  const originals = mayMove ? copies(chunks) : undefined;
  return { chunks, perChunk: (messages * units * times) / chunks.length, originals };
}
