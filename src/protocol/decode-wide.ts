import { Buffer } from 'node:buffer';
import { isLittleEndian } from './little-endian.ts';

/** The longest text that `decodeWide` takes, in bytes. */
export const MOST_WIDE = 2048;

/**
 * Where UTF-16 is put before it becomes a string: a byte of UTF-8 never makes more than one unit. Little-endian machines
 * have these numbers as 'utf16le' has them.
 */
const units = new Uint16Array(MOST_WIDE);
const bytesOfUnits = Buffer.from(units.buffer);

/**
 * The text in `bytes[start, end)`, for short text that is mostly not ASCII: half of what V8's own decoder takes, which
 * goes over the bytes twice (bench/micro/decode.js). Undefined if it is not UTF-8, RFC 3629 §3 and §4,
 * or where numbers are big-endian.
 */
export function decodeWide(bytes: Buffer, start: number, end: number): string | undefined {
  if (!isLittleEndian) return undefined;
  let at = start;
  let length = 0;
  while (at < end) {
    const first = bytes[at++]!;
    if (first < 0x80) {
      units[length++] = first;
      continue;
    }
    // What is left of a continuation byte by this is at most 0x3f. One that is missing is seen at the end.
    const second = bytes[at++]! ^ 0x80;
    let judged = second;
    let point: number;
    if (first < 0xe0) {
      if (first < 0xc2) return undefined;
      point = ((first & 0x1f) << 6) | second;
    } else {
      const third = bytes[at++]! ^ 0x80;
      judged |= third;
      point = ((first & 0x0f) << 12) | (second << 6) | third;
      if (first < 0xf0) {
        if (point < 0x800 || (point & 0xf800) === 0xd800) return undefined;
      } else {
        const fourth = bytes[at++]! ^ 0x80;
        judged |= fourth;
        point = ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
        if (first > 0xf4 || point < 0x10000 || point > 0x10ffff) return undefined;
        units[length++] = 0xd7c0 + (point >> 10);
        point = 0xdc00 | (point & 0x3ff);
      }
    }
    if (judged > 0x3f) return undefined;
    units[length++] = point;
  }
  return at === end ? bytesOfUnits.toString('utf16le', 0, 2 * length) : undefined;
}
