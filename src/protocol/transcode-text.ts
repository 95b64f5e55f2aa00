import { Buffer, transcode } from 'node:buffer';
import { isLittleEndian } from './little-endian.ts';

/** Node without ICU has no `transcode`, and a converter that patches what is no UTF-8 would hide it. */
const canTranscode =
  isLittleEndian && typeof transcode === 'function' && transcodeOrNothing(Buffer.of(0x61, 0xff)) === undefined;

/**
 * The text in `bytes`, for long text that is not all ASCII: two steps, each at the speed of memory, instead of V8's
 * decoder, which goes byte by byte. What V8 would keep in one byte a character is kept so here. Undefined if it is not
 * UTF-8, or if this Node cannot do it.
 */
export function transcodeText(bytes: Buffer, isWide: boolean): string | undefined {
  const utf16 = canTranscode ? transcodeOrNothing(bytes) : undefined;
  if (utf16 === undefined) return undefined;
  return isWide || !isLatin1(utf16) ? utf16.toString('utf16le') : toLatin1(utf16);
}

function transcodeOrNothing(bytes: Buffer): Buffer | undefined {
  try {
    return transcode(bytes, 'utf8', 'utf16le');
  } catch {
    return undefined;
  }
}

/** The high byte of every unit, by twos. A word as a number beyond 31 bits would be slow, hence Int32. */
const HIGH = 0xff00ff00 | 0;

/** Whether no unit needs more than a byte. */
function isLatin1(utf16: Buffer): boolean {
  const words = new Int32Array(utf16.buffer, utf16.byteOffset, utf16.length >> 2);
  const { length } = words;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    if (((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!) & HIGH) !== 0) return false;
  }
  for (; i < length; i++) if ((words[i]! & HIGH) !== 0) return false;
  // Of an odd number of units the last one is in no word.
  return utf16[utf16.length - 1] === 0;
}

/** `Buffer.from` keeps the low byte of each unit. */
function toLatin1(utf16: Buffer): string {
  return Buffer.from(new Uint16Array(utf16.buffer, utf16.byteOffset, utf16.length >> 1)).toString('latin1');
}
