import { Buffer } from 'node:buffer';
import { rotateKey } from './mask.ts';
import { MASK } from './opcode.ts';
import type { Outbox } from './outbox.ts';
import { LARGEST_SLAB } from './slabs.ts';
import { writeLatin1, writeUtf8 } from './write-text.ts';

/** Payloads from this size on go out by reference, if they are not masked; smaller ones are copied. */
export const BY_REFERENCE = 16_384;

/** Text of fewer UTF-16 code units is written one by one, as far as it is ASCII: a call costs more (bench/micro/encode.js). */
const SHORT_TEXT = 24;

/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** What a header takes at most. */
const LARGEST_HEADER = 14;

/** Text of so many UTF-16 code units is worth a look at whether it is ASCII. */
const LONG_TEXT = 2048;

/** Text that may take more than this is not written straight into a slab. */
const LARGEST_TEXT = LARGEST_SLAB - LARGEST_HEADER;

/** Whether the last long text was ASCII. */
let isLongAscii = true;

// What every frame passes through is in small functions, and the rest is not in them: they are compiled into each other.

/** The bytes that a header takes. RFC 6455 §5.2. */
function headerSize(length: number, key: number | undefined): number {
  const size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  return key === undefined ? size : size + 4;
}

/** Writes first byte, mask bit, length in the shortest form, and masking key; returns where it ends. */
function writeHeader(bytes: Buffer, at: number, first: number, length: number, key: number | undefined): number {
  const maskBit = key === undefined ? 0 : MASK;
  bytes[at] = first;
  let end = at + 2;
  if (length < 126) bytes[at + 1] = maskBit | length;
  else end = writeExtendedLength(bytes, at + 1, maskBit, length);
  if (key === undefined) return end;
  writeKey(bytes, end, key);
  return end + 4;
}

function writeExtendedLength(bytes: Buffer, at: number, maskBit: number, length: number): number {
  if (length < 65536) {
    bytes[at] = maskBit | 126;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length & 0xff;
    return at + 3;
  }
  bytes[at] = maskBit | 127;
  bytes.writeUIntBE(0, at + 1, 2);
  bytes.writeUIntBE(length, at + 3, 6);
  return at + 9;
}

/** What `writeInt32LE` does, without checks that cost more than the rest of a header. */
function writeKey(bytes: Buffer, at: number, key: number): void {
  bytes[at] = key;
  bytes[at + 1] = key >>> 8;
  bytes[at + 2] = key >>> 16;
  bytes[at + 3] = key >>> 24;
}

/** Writes one frame to the outbox. `first` is FIN, RSV1 and the opcode; `key` masks, `undefined` does not. §5.2, §5.3. */
export function encodeFrame(outbox: Outbox, first: number, payload: Uint8Array, key: number | undefined): void {
  const { length } = payload;
  if (length >= BY_REFERENCE) return encodeLongFrame(outbox, first, payload, key);
  const at = outbox.reserve(LARGEST_HEADER + length);
  const { slab } = outbox;
  const body = writeHeader(slab.bytes, at, first, length, key);
  if (key === undefined) slab.put(body, payload);
  else slab.setMasked(body, payload, key);
  outbox.commit(body + length - at);
}

function encodeLongFrame(outbox: Outbox, first: number, payload: Uint8Array, key: number | undefined): void {
  if (key !== undefined) return encodeLongMaskedFrame(outbox, first, payload, key);
  const { length } = payload;
  const size = headerSize(length, key);
  const at = outbox.reserve(size);
  writeHeader(outbox.slab.bytes, at, first, length, key);
  outbox.commit(size);
  outbox.append(payload);
}

/** What is masked is copied in any case: to slabs that are used again, since fresh memory costs more than the copy. */
function encodeLongMaskedFrame(outbox: Outbox, first: number, payload: Uint8Array, key: number): void {
  const { length } = payload;
  const size = headerSize(length, key);
  let end = Math.min(length, LARGEST_SLAB - size);
  const at = outbox.reserve(size + end);
  writeHeader(outbox.slab.bytes, at, first, length, key);
  outbox.slab.setMasked(at + size, end === length ? payload : payload.subarray(0, end), key);
  outbox.commit(size + end);
  while (end < length) {
    const start = end;
    end = Math.min(start + LARGEST_SLAB, length);
    const next = outbox.reserve(end - start);
    outbox.slab.setMasked(next, payload.subarray(start, end), rotateKey(key, start));
    outbox.commit(end - start);
  }
}

/**
 * Writes one frame of text. The header is written by a guess from the string's length and its UTF-8 behind it in one
 * pass; where the guess was off (text that is not ASCII), the text moves. Lone surrogates become U+FFFD.
 */
export function encodeTextFrame(outbox: Outbox, first: number, text: string, key: number | undefined): void {
  const units = text.length;
  if (units >= LONG_TEXT) return encodeLongTextFrame(outbox, first, text, key);
  const most = units * MAX_BYTES_PER_UNIT;
  const at = outbox.reserve(LARGEST_HEADER + most);
  const { slab } = outbox;
  const guess = writeHeader(slab.bytes, at, first, units, key);
  const isWritten = units < SHORT_TEXT && writeAscii(slab.bytes, guess, text);
  const length = isWritten ? units : writeUtf8(slab.bytes, text, guess, most);
  const body = length === units ? guess : correctHeader(slab.bytes, at, first, guess, length, key);
  if (key !== undefined) slab.mask(body, body + length, key);
  outbox.commit(body + length - at);
}

/** Long text may be ASCII if the one before it was: to find that out and to copy it is faster than to encode it. */
function encodeLongTextFrame(outbox: Outbox, first: number, text: string, key: number | undefined): void {
  const units = text.length;
  const isAscii = isLongAscii && Buffer.byteLength(text) === units;
  const most = isAscii ? units : units * MAX_BYTES_PER_UNIT;
  if (most > LARGEST_TEXT) {
    const payload = Buffer.from(text, isAscii ? 'latin1' : 'utf8');
    isLongAscii = payload.length === units;
    return encodeFrame(outbox, first, payload, key);
  }
  const at = outbox.reserve(LARGEST_HEADER + most);
  const { slab } = outbox;
  const guess = writeHeader(slab.bytes, at, first, units, key);
  const length = isAscii ? writeLatin1(slab.bytes, text, guess, most) : writeUtf8(slab.bytes, text, guess, most);
  isLongAscii = length === units;
  const body = isLongAscii ? guess : correctHeader(slab.bytes, at, first, guess, length, key);
  if (key !== undefined) slab.mask(body, body + length, key);
  outbox.commit(body + length - at);
}

/** False if there is more in it than ASCII: then nothing is said about the bytes. */
function writeAscii(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** Writes the header at `at` for the text of `length` bytes at `guess`, which moves if that leaves it too much room or too little. */
function correctHeader(
  bytes: Buffer,
  at: number,
  first: number,
  guess: number,
  length: number,
  key: number | undefined,
): number {
  const body = at + headerSize(length, key);
  if (body !== guess) bytes.copyWithin(body, guess, guess + length);
  return writeHeader(bytes, at, first, length, key);
}

/** One unmasked frame as bytes of its own: what a server sends to many. */
export function encodeWholeFrame(first: number, payload: Uint8Array): Buffer {
  const size = headerSize(payload.byteLength, undefined);
  const frame = Buffer.allocUnsafe(size + payload.byteLength);
  frame.set(payload, writeHeader(frame, 0, first, payload.byteLength, undefined));
  return frame;
}
