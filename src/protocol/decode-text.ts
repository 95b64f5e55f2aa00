import { Buffer, constants, isAscii, isUtf8 } from 'node:buffer';
import { decodeWide, MOST_WIDE } from './decode-wide.ts';
import { tooBig } from './frame-violations.ts';
import { sliceLatin1, sliceUtf8 } from './slice-text.ts';
import { transcodeText } from './transcode-text.ts';

/** From this length on, a look at some of the bytes pays (bench/micro/decode.js). */
const LOOK_PAYS = 32;
const FIRST_GAP = 15;
const GAP_GROWTH = 16;

/** From this length on, text without wide characters gains by being decoded in steps. */
const STEPS_PAY = 8192;

/** Bytes from here on begin a character that no Latin-1 string holds. RFC 3629 §3. */
const FIRST_WIDE = 0xc4;

/** What a look has seen: nothing but ASCII, characters that a Latin-1 string may hold, or one that it cannot. */
const SEEN_ASCII = 0;
const SEEN_NARROW = 1;
const SEEN_WIDE = 2;

/** After text that only looked like ASCII so many are not taken for it: languages come in runs. */
const DOUBTS = 16;
let doubts = 0;

/** What a decoder puts where bytes are no character; it may have been sent as well. */
const REPLACEMENT = '\u{fffd}';

/**
 * The text in `bytes[start, end)`, decoded where it lies. With `validate`, undefined if it is not UTF-8; without, it is
 * patched with U+FFFD. `ascii` says that every byte is known to be below 0x80. Throws a ProtocolError 1009 for more
 * than a string can hold.
 *
 * Which decoder is the fastest is guessed from the length and a few of the bytes. They all tell the same.
 */
export function decodeText(
  bytes: Buffer,
  start: number,
  end: number,
  ascii: boolean,
  validate: boolean,
): string | undefined {
  const size = end - start;
  if (size > constants.MAX_STRING_LENGTH) return decodeVast(bytes.subarray(start, end), validate);
  if (ascii) return sliceLatin1(bytes, start, end);
  const seen = size >= LOOK_PAYS ? look(bytes, start, end) : SEEN_NARROW;
  const isWide = seen === SEEN_WIDE;
  if (size >= STEPS_PAY || (isWide && size > MOST_WIDE)) {
    return decodeLong(bytes.subarray(start, end), isWide, validate);
  }
  if (seen === SEEN_ASCII) return decodeAscii(bytes, start, end) ?? decodeShort(bytes, start, end, validate);
  return (isWide ? decodeWide(bytes, start, end) : undefined) ?? decodeShort(bytes, start, end, validate);
}

/** The text of a message that came as a Buffer: `bytes.toString()`, in less time where it is long or not ASCII. */
export function toText(bytes: Buffer): string {
  return decodeText(bytes, 0, bytes.length, false, false)!;
}

/**
 * As Latin-1, a mere copy that takes three quarters of the time (bench/micro/decode.js). If the result needs more bytes
 * as UTF-8 than it has characters, it was not ASCII: then undefined, as when that was so a short while ago.
 */
function decodeAscii(bytes: Buffer, start: number, end: number): string | undefined {
  if (doubts > 0) {
    doubts--;
    return undefined;
  }
  const text = sliceLatin1(bytes, start, end);
  if (Buffer.byteLength(text) === text.length) return text;
  doubts = DOUBTS;
  return undefined;
}

/** Decoded first and judged by the result: a view of the bytes for `isUtf8` costs more than the decoding. */
function decodeShort(bytes: Buffer, start: number, end: number, validate: boolean): string | undefined {
  const text = sliceUtf8(bytes, start, end);
  const isSound = !validate || !text.includes(REPLACEMENT) || isUtf8(bytes.subarray(start, end));
  return isSound ? text : undefined;
}

/** More bytes than a string can have characters may be fewer characters than bytes, or the peer's fault. */
function decodeVast(text: Buffer, validate: boolean): string | undefined {
  if (isAscii(text)) throw tooBig();
  try {
    return decodeLong(text, true, validate);
  } catch {
    throw tooBig();
  }
}

function decodeLong(text: Buffer, isWide: boolean, validate: boolean): string | undefined {
  if (!isWide && isAscii(text)) return text.toString('latin1');
  const decoded = transcodeText(text, isWide);
  if (decoded !== undefined) return decoded;
  return validate && !isUtf8(text) ? undefined : text.toString('utf8');
}

/**
 * Looks here and there for the beginning of a character beyond Latin-1, and for what is not ASCII: in most scripts that
 * is enough to know. The gaps grow with the length, and are odd, so as not to keep time with the characters.
 */
function look(bytes: Buffer, start: number, end: number): number {
  let seen = 0;
  for (let at = start, gap = FIRST_GAP; at < end - 1; at += gap, gap += GAP_GROWTH) {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    if (first >= FIRST_WIDE || second >= FIRST_WIDE) return SEEN_WIDE;
    seen |= first | second;
  }
  return seen < 0x80 ? SEEN_ASCII : SEEN_NARROW;
}
