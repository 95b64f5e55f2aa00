import { hash, randomBytes } from 'node:crypto';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** 128 bits in base64: of the last of 22 digits only two bits are used. RFC 4648 §4. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** What a server answers to a key, in Sec-WebSocket-Accept. §4.2.2. */
export function encodeAccept(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

/** A fresh Sec-WebSocket-Key: 16 random bytes. §4.1. */
export function createKey(): string {
  return randomBytes(16).toString('base64');
}

/** Whether a Sec-WebSocket-Key is the base64 of exactly 16 bytes, as an encoder writes it: no bit is left over. §4.2.1. */
export function isValidKey(key: string): boolean {
  return KEY.test(key);
}
