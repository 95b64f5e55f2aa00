import { Buffer, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/protocol/decode-text.ts';
import { runs } from '../support/runs.ts';

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((raw) => Buffer.from(raw)),
  fc.constantFrom('\u{fffd}', '\u{feff}x', 'é'.repeat(40), '😀', '\0').map((text) => Buffer.from(text)),
);
/** Below and above the length from which on it is looked for ASCII. */
const padding = fc.constantFrom(0, 1, 4_000, 4_095, 4_096, 70_000);

describe('decodeText', () => {
  it('is isUtf8 and toString, whatever is around the range', () => {
    fc.assert(
      fc.property(bytes, padding, fc.nat(5), fc.boolean(), (tail, pad, before, validate) => {
        const text = Buffer.concat([Buffer.alloc(pad, 'a'), tail]);
        const around = Buffer.concat([Buffer.alloc(before, 0xc3), text, Buffer.from([0xa9, 0xff])]);
        const expected = validate && !isUtf8(text) ? undefined : text.toString();
        const decoded = decodeText(around, before, before + text.length, false, validate);
        expect(decoded === expected).toBe(true);
      }),
      runs(500, 100_000),
    );
  });

  it('takes the word of who knows that it is ASCII', () => {
    expect(decodeText(Buffer.from('xabcx'), 1, 4, true, true)).toBe('abc');
  });
});
