import { Buffer, transcode } from 'node:buffer';

/** Node without ICU has no `transcode`, and a converter that patches what is no UTF-8 would hide it. */
const refusesInvalid = typeof transcode === 'function' && transcodeOrNothing(Buffer.of(0x61, 0xff)) === undefined;

/**
 * The text in `bytes`, for long text that is not all ASCII: two steps, each at the speed of memory, instead of V8's
 * decoder, which goes byte by byte. What V8 would keep in one byte a character is kept so here. Undefined if it is not
 * UTF-8, or if this Node cannot do it.
 */
export function transcodeText(bytes: Buffer, isWide: boolean): string | undefined {
  const utf16 = refusesInvalid ? transcodeOrNothing(bytes) : undefined;
  if (utf16 === undefined) return undefined;
  const units = new Uint16Array(utf16.buffer, utf16.byteOffset, utf16.length >> 1);
  return isWide || !isLatin1(units) ? utf16.toString('utf16le') : Buffer.from(units).toString('latin1');
}

function transcodeOrNothing(bytes: Buffer): Buffer | undefined {
  try {
    return transcode(bytes, 'utf8', 'utf16le');
  } catch {
    return undefined;
  }
}

/** Whether no unit needs more than a byte. */
function isLatin1(units: Uint16Array): boolean {
  const { length } = units;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    if ((units[i]! | units[i + 1]! | units[i + 2]! | units[i + 3]!) > 0xff) return false;
  }
  for (; i < length; i++) if (units[i]! > 0xff) return false;
  return true;
}
