import { type Buffer, isAscii, isUtf8 } from 'node:buffer';

/** From this length on, looking for ASCII and copying it is cheaper than decoding UTF-8 (bench/micro/utf8.js). */
const ASCII_PAYS = 4096;

/** What a decoder puts where bytes are no character; it may have been sent as well. */
const REPLACEMENT = '\u{fffd}';

/**
 * The text in `bytes[start, end)`, decoded where it lies. With `validate`, undefined if it is not UTF-8; without, it is
 * patched with U+FFFD. `ascii` says that every byte is known to be below 0x80.
 *
 * Short text is decoded first and judged by the result: a view of the bytes for `isUtf8` costs more than the decoding.
 */
export function decodeText(
  bytes: Buffer,
  start: number,
  end: number,
  ascii: boolean,
  validate: boolean,
): string | undefined {
  if (ascii) return bytes.toString('latin1', start, end);
  if (end - start >= ASCII_PAYS) {
    const view = bytes.subarray(start, end);
    if (isAscii(view)) return view.toString('latin1');
    return validate && !isUtf8(view) ? undefined : view.toString('utf8');
  }
  const text = bytes.toString('utf8', start, end);
  const isSound = !validate || !text.includes(REPLACEMENT) || isUtf8(bytes.subarray(start, end));
  return isSound ? text : undefined;
}
