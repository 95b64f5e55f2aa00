import { Buffer } from 'node:buffer';
import { applyMask } from './fast-mask.ts';
import { MASK } from './opcode.ts';
import type { Outbox } from './outbox.ts';

/** Payloads from this size on go out by reference (or as a masked copy of their own), smaller ones are copied. */
export const BY_REFERENCE = 16_384;

/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** The bytes that a header takes, without the masking key. RFC 6455 §5.2. */
function lengthSize(length: number): number {
  return length < 126 ? 2 : length < 65536 ? 4 : 10;
}

/** Writes first byte, mask bit and length in the shortest form; returns where it ends. */
function writeHeader(bytes: Buffer, at: number, first: number, maskBit: number, length: number): number {
  bytes[at] = first;
  if (length < 126) {
    bytes[at + 1] = maskBit | length;
    return at + 2;
  }
  if (length < 65536) {
    bytes[at + 1] = maskBit | 126;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length & 0xff;
    return at + 4;
  }
  bytes[at + 1] = maskBit | 127;
  bytes.writeUIntBE(0, at + 2, 2);
  bytes.writeUIntBE(length, at + 4, 6);
  return at + 10;
}

/** Writes one frame to the outbox. `first` is FIN, RSV1 and the opcode; `key` masks, `undefined` does not. §5.2, §5.3. */
export function encodeFrame(outbox: Outbox, first: number, payload: Uint8Array, key: number | undefined): void {
  const length = payload.byteLength;
  const maskBit = key === undefined ? 0 : MASK;
  const size = lengthSize(length) + (key === undefined ? 0 : 4);
  if (length >= BY_REFERENCE) {
    const at = outbox.reserve(size);
    const end = writeHeader(outbox.bytes, at, first, maskBit, length);
    if (key !== undefined) outbox.bytes.writeInt32LE(key, end);
    outbox.commit(size);
    outbox.append(key === undefined ? payload : masked(payload, key));
    return;
  }
  const at = outbox.reserve(size + length);
  let body = writeHeader(outbox.bytes, at, first, maskBit, length);
  if (key !== undefined) body = outbox.bytes.writeInt32LE(key, body);
  outbox.bytes.set(payload, body);
  if (key !== undefined) applyMask(outbox.bytes, body, body + length, key);
  outbox.commit(size + length);
}

/**
 * Writes one frame of text. The header is written by a guess from the string's length and its UTF-8 behind it in one
 * pass; where the guess was off (text that is not ASCII), the text moves. Lone surrogates become U+FFFD.
 */
export function encodeTextFrame(outbox: Outbox, first: number, text: string, key: number | undefined): void {
  if (text.length * MAX_BYTES_PER_UNIT >= BY_REFERENCE) {
    encodeFrame(outbox, first, Buffer.from(text), key);
    return;
  }
  const maskBit = key === undefined ? 0 : MASK;
  const keySize = key === undefined ? 0 : 4;
  const most = text.length * MAX_BYTES_PER_UNIT;
  const at = outbox.reserve(lengthSize(most) + keySize + most);
  const { bytes } = outbox;
  const guess = at + lengthSize(text.length) + keySize;
  const length = bytes.write(text, guess, most, 'utf8');
  const body = at + lengthSize(length) + keySize;
  if (body !== guess) bytes.copyWithin(body, guess, guess + length);
  writeHeader(bytes, at, first, maskBit, length);
  if (key !== undefined) {
    bytes.writeInt32LE(key, body - 4);
    applyMask(bytes, body, body + length, key);
  }
  outbox.commit(body + length - at);
}

/** The caller's bytes stay as they are. */
function masked(payload: Uint8Array, key: number): Buffer {
  const copy = Buffer.allocUnsafe(payload.byteLength);
  copy.set(payload);
  applyMask(copy, 0, copy.length, key);
  return copy;
}

/** One unmasked frame as bytes of its own: what a server sends to many. */
export function encodeWholeFrame(first: number, payload: Uint8Array): Buffer {
  const size = lengthSize(payload.byteLength);
  const frame = Buffer.allocUnsafe(size + payload.byteLength);
  frame.set(payload, writeHeader(frame, 0, first, 0, payload.byteLength));
  return frame;
}
