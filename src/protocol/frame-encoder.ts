import { Buffer } from 'node:buffer';
import { copyMasked } from './copy-masked.ts';
import { applyMaskBlind } from './fast-mask.ts';
import { rotateKey } from './mask.ts';
import { MASK } from './opcode.ts';
import type { Outbox } from './outbox.ts';
import { LARGEST_SLAB } from './slabs.ts';

/** Payloads from this size on go out by reference, if they are not masked; smaller ones are copied. */
export const BY_REFERENCE = 16_384;

/** Text of fewer UTF-16 code units is written one by one, as far as it is ASCII: a call costs more (bench/micro/encode.js). */
const SHORT_TEXT = 24;

/** Masked text that may take more than this is not written straight into a slab. */
const LARGEST_MASKED = LARGEST_SLAB - 14;

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
  if (key !== undefined) return encodeMaskedFrame(outbox, first, payload, key);
  const size = lengthSize(length);
  const isCopied = length < BY_REFERENCE;
  const reserved = isCopied ? size + length : size;
  const at = outbox.reserve(reserved);
  const { bytes } = outbox;
  writeHeader(bytes, at, first, 0, length);
  if (isCopied) bytes.set(payload, at + size);
  outbox.commit(reserved);
  if (!isCopied) outbox.append(payload);
}

/** What is masked is copied in any case: to slabs that are used again, since fresh memory costs more than the copy. */
function encodeMaskedFrame(outbox: Outbox, first: number, payload: Uint8Array, key: number): void {
  const { length } = payload;
  const size = lengthSize(length) + 4;
  let end = Math.min(length, LARGEST_SLAB - size);
  const at = outbox.reserve(size + end);
  const { bytes } = outbox;
  const body = at + size;
  writeHeader(bytes, at, first, MASK, length);
  writeKey(bytes, body - 4, key);
  copyMasked(bytes, body, payload, 0, end, key);
  outbox.commit(size + end);
  while (end < length) {
    const start = end;
    end = Math.min(start + LARGEST_SLAB, length);
    const next = outbox.reserve(end - start);
    copyMasked(outbox.bytes, next, payload, start, end, rotateKey(key, start));
    outbox.commit(end - start);
  }
}

/**
 * Writes one frame of text. The header is written by a guess from the string's length and its UTF-8 behind it in one
 * pass; where the guess was off (text that is not ASCII), the text moves. Lone surrogates become U+FFFD.
 */
export function encodeTextFrame(outbox: Outbox, first: number, text: string, key: number | undefined): void {
  const most = text.length * MAX_BYTES_PER_UNIT;
  if (most >= (key === undefined ? BY_REFERENCE : LARGEST_MASKED)) {
    encodeFrame(outbox, first, Buffer.from(text), key);
    return;
  }
  const maskBit = key === undefined ? 0 : MASK;
  const keySize = key === undefined ? 0 : 4;
  const at = outbox.reserve(lengthSize(most) + keySize + most);
  const { bytes } = outbox;
  const guess = at + lengthSize(text.length) + keySize;
  const isWritten = text.length < SHORT_TEXT && writeAscii(bytes, guess, text);
  const length = isWritten ? text.length : bytes.write(text, guess, most);
  const body = at + lengthSize(length) + keySize;
  if (body !== guess) bytes.copyWithin(body, guess, guess + length);
  writeHeader(bytes, at, first, maskBit, length);
  if (key !== undefined) {
    writeKey(bytes, body - 4, key);
    applyMaskBlind(bytes, body, body + length, key);
  }
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

/** One unmasked frame as bytes of its own: what a server sends to many. */
export function encodeWholeFrame(first: number, payload: Uint8Array): Buffer {
  const size = lengthSize(payload.byteLength);
  const frame = Buffer.allocUnsafe(size + payload.byteLength);
  frame.set(payload, writeHeader(frame, 0, first, 0, payload.byteLength));
  return frame;
}
