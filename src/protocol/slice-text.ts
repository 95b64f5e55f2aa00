import { Buffer } from 'node:buffer';

/** What every Buffer has for each encoding, though its documentation does not tell: `toString` calls it in the end. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/**
 * `toString` is looking for an encoding by its name for as long as a short text takes to be decoded; and they are looked
 * up once, since the prototype of Buffers is one that the compiler does not see through.
 */
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as Partial<Slices>;

/** `bytes.toString('latin1', start, end)` for a range that is in `bytes`. */
export function sliceLatin1(bytes: Buffer, start: number, end: number): string {
  return latin1Slice !== undefined ? latin1Slice.call(bytes, start, end) : bytes.toString('latin1', start, end);
}

/** `bytes.toString('utf8', start, end)` for a range that is in `bytes`. */
export function sliceUtf8(bytes: Buffer, start: number, end: number): string {
  return utf8Slice !== undefined ? utf8Slice.call(bytes, start, end) : bytes.toString('utf8', start, end);
}
