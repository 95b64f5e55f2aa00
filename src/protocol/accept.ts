import { Buffer } from 'node:buffer';
import * as crypto from 'node:crypto';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Twice as fast as `createHash`, where Node has it (20.12). */
const sha1: (text: string) => string =
  'hash' in crypto
    ? (text) => (crypto.hash as (name: string, text: string, encoding: 'base64') => string)('sha1', text, 'base64')
    : (text) => crypto.createHash('sha1').update(text).digest('base64');

/** What a server answers to a key, in Sec-WebSocket-Accept. §4.2.2. */
export function encodeAccept(key: string): string {
  return sha1(key + GUID);
}

/** A fresh Sec-WebSocket-Key: 16 random bytes. §4.1. */
export function createKey(): string {
  return crypto.randomBytes(16).toString('base64');
}

/** Whether a Sec-WebSocket-Key is the base64 of exactly 16 bytes. */
export function isValidKey(key: string): boolean {
  if (key.length !== 24 || !key.endsWith('==')) return false;
  const bytes = Buffer.from(key, 'base64');
  return bytes.length === 16 && bytes.toString('base64') === key;
}
