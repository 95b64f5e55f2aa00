import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { encodeFrame, headerLength } from '../lib/wire.js';
import { opcodeOf, payload } from '../lib/payloads.js';

/**
 * @typedef {{ kind: 'binary' | 'text' | 'unicode' | 'json', size: number, deflate?: 'context' | 'no context' }} MessageShape
 */

/** Distinct messages that a compressing client sends in turn. */
const TURN = 64;
const TAIL = 4;

/**
 * The turn as one stream that is flushed after every message: with context takeover each message leans on those before
 * it. The first leans on nothing, so the turn may start anew at any time (RFC 7692 §7.2.3.2).
 *
 * @param {readonly Buffer[]} plain
 * @param {'context' | 'no context'} deflate
 */
export function compressInTurn(plain, deflate) {
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  let window = Buffer.alloc(0);
  return plain.map((message) => {
    const dictionary = deflate === 'context' && window.length > 0 ? { dictionary: window } : {};
    window = Buffer.concat([window, message]).subarray(-32_768);
    return deflateRawSync(message, { ...options, ...dictionary }).subarray(0, -TAIL);
  });
}

/** A key of its own for every frame; zero bytes would let a server skip work. */
const freshKey = () => Array.from(randomBytes(4), (byte) => byte | 1);

/**
 * The frames a client sends, built once. Each entry is one burst of `depth` messages in one buffer.
 * @param {MessageShape} shape
 * @param {number} depth
 * @returns {Buffer[]} to be sent in turn, again and again
 */
export function buildBursts({ kind, size, deflate }, depth) {
  const opcode = opcodeOf(kind);
  if (deflate === undefined) {
    const frame = () => encodeFrame(payload(kind, size), { opcode, key: freshKey() });
    return [Buffer.concat(Array.from({ length: depth }, frame))];
  }
  const plain = Array.from({ length: Math.max(TURN, depth) }, (_, i) => payload(kind, size, i + 1));
  const frames = compressInTurn(plain, deflate).map((data) =>
    encodeFrame(data, { opcode, rsv1: true, key: freshKey() }),
  );
  const bursts = [];
  for (let at = 0; at + depth <= frames.length; at += depth) bursts.push(Buffer.concat(frames.slice(at, at + depth)));
  return bursts;
}

/** Bytes of one uncompressed answer. @param {MessageShape} shape @param {boolean} raw the client's frame itself comes back */
export const answerSize = ({ size }, raw) => headerLength(size) + size + (raw ? 4 : 0);
