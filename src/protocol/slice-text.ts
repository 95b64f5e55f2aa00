import { Buffer } from 'node:buffer';

/** What every Buffer has for each encoding, though its documentation does not tell: `toString` calls it in the end. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** `toString` is looking for an encoding by its name for as long as a short text takes to be decoded. */
const hasSlices = ['latin1Slice', 'utf8Slice'].every((name) => name in Buffer.prototype);

/** `bytes.toString('latin1', start, end)` for a range that is in `bytes`. */
export function sliceLatin1(bytes: Buffer, start: number, end: number): string {
  return hasSlices ? (bytes as unknown as Slices).latin1Slice(start, end) : bytes.toString('latin1', start, end);
}

/** `bytes.toString('utf8', start, end)` for a range that is in `bytes`. */
export function sliceUtf8(bytes: Buffer, start: number, end: number): string {
  return hasSlices ? (bytes as unknown as Slices).utf8Slice(start, end) : bytes.toString('utf8', start, end);
}
