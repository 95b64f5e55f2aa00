import { Buffer } from 'node:buffer';
import { decodeText, toText } from '../protocol/decode-text.ts';
import type { Payload } from './backplane.ts';

/** The first byte of what we publish: it tells text from binary. */
const TEXT = 0x01;
const BINARY = 0x02;

export function encodeEnvelope(message: Payload): Buffer {
  const isText = typeof message === 'string';
  const size = isText ? Buffer.byteLength(message) : message.byteLength;
  const envelope = Buffer.allocUnsafe(1 + size);
  envelope[0] = isText ? TEXT : BINARY;
  if (isText) envelope.write(message, 1);
  else envelope.set(message, 1);
  return envelope;
}

/** Anybody may publish to a Redis: what has no mark of ours is text if it is UTF-8, else binary. Bytes are a copy. */
export function parseEnvelope(envelope: Buffer): Payload {
  const mark = envelope[0];
  if (mark === BINARY) return Buffer.from(envelope.subarray(1));
  if (mark === TEXT) return toText(envelope.subarray(1));
  return decodeText(envelope, 0, envelope.length, false, true) ?? Buffer.from(envelope);
}
