import { Buffer } from 'node:buffer';

/** What every Buffer has for each encoding, though its documentation does not tell: `write` calls it in the end. */
interface Writes {
  latin1Write(text: string, at: number, most: number): number;
  utf8Write(text: string, at: number, most: number): number;
}

/**
 * `write` looks at its arguments, and for an encoding, for a quarter of the time that a short text takes; and they are
 * looked up once, since the prototype of Buffers is one that the compiler does not see through.
 */
const { latin1Write, utf8Write } = Buffer.prototype as unknown as Partial<Writes>;

/** `bytes.write(text, at, most)` for a range that is in `bytes`. */
export function writeUtf8(bytes: Buffer, text: string, at: number, most: number): number {
  return utf8Write !== undefined ? utf8Write.call(bytes, text, at, most) : bytes.write(text, at, most);
}

/** `bytes.write(text, at, most, 'latin1')` for a range that is in `bytes`. */
export function writeLatin1(bytes: Buffer, text: string, at: number, most: number): number {
  return latin1Write !== undefined ? latin1Write.call(bytes, text, at, most) : bytes.write(text, at, most, 'latin1');
}
