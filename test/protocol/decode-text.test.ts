import { Buffer, constants, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/protocol/decode-text.ts';
import { decodeWide, MOST_WIDE } from '../../src/protocol/decode-wide.ts';
import { transcodeText } from '../../src/protocol/transcode-text.ts';
import { runs } from '../support/runs.ts';

const ofText = (unit: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.string({ unit, maxLength }).map((text) => Buffer.from(text));
const oneOf = (from: string): fc.Arbitrary<string> => fc.constantFrom(...from);

/** Text as it is written, text of any characters, and what is no text. */
const bytes = fc.oneof(
  ofText(fc.constantFrom('и', 'ж', 'ё', ' '), 300),
  ofText(oneOf('你好。界a'), 300),
  ofText(oneOf('Grüße é'), 300),
  ofText(oneOf('😀👍🏽 ok'), 300),
  ofText(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), 200),
  fc.uint8Array({ maxLength: 20 }).map((raw) => Buffer.from(raw)),
  // Nearly text: characters that are too long, too high, surrogates, cut or doubled.
  fc
    .array(fc.constantFrom('c3a9', 'e4bda0', 'f09f9880', 'c3', 'e4bd', 'f09f98', 'a9', 'c080', 'e08080', 'eda080'))
    .map((parts) => Buffer.from(parts.join(''), 'hex')),
  fc
    .array(
      fc.constantFrom(
        'ed9fbf',
        'ee8080',
        'efbfbd',
        'efbbbf',
        'f0808080',
        'f0908080',
        'f48fbfbf',
        'f4908080',
        'f5',
        'f8908080',
        'fc808080',
      ),
    )
    .map((parts) => Buffer.from(parts.join(''), 'hex')),
);

/** What is in front: nothing, or enough to come to every way of decoding. */
const front = fc
  .tuple(fc.constantFrom('a', 'é', 'и', '你', '😀', '\u{fffd}'), fc.constantFrom(0, 1, 40, 700, 3_000, 30_000))
  .map(([character, times]) => Buffer.from(character.repeat(times)));

const text = fc.tuple(front, bytes).map((parts) => Buffer.concat(parts));

/** A range that begins and ends within other bytes, which must not be seen. */
const inRange = fc.tuple(text, fc.nat(5), fc.constantFrom(0xa9, 0xff, 0x61)).map(([inner, before, after]) => ({
  inner,
  around: Buffer.concat([Buffer.alloc(before, 0xc3), inner, Buffer.from([after, 0x80, 0x80])]),
  start: before,
  end: before + inner.length,
}));

describe('decodeText', () => {
  it('says of more than a string can hold that the message is too big, and not that something broke', () => {
    const vast = Buffer.alloc(constants.MAX_STRING_LENGTH + 10, 'a');
    for (const ascii of [true, false]) {
      expect(() => decodeText(vast, 5, vast.length, ascii, true)).toThrow(
        expect.objectContaining({ closeCode: 1009, code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' }),
      );
    }
    vast.write('\xff', 5, 'latin1');
    expect(decodeText(vast, 5, vast.length, false, true)).toBeUndefined();
    const wide = vast.fill('\u{1f600}');
    expect(decodeText(wide, 0, wide.length - (wide.length % 4), false, true)).toHaveLength(
      2 * Math.floor(wide.length / 4),
    );
  });

  it('is isUtf8 and toString, whatever is around the range', () => {
    fc.assert(
      fc.property(inRange, fc.boolean(), ({ inner, around, start, end }, validate) => {
        const expected = validate && !isUtf8(inner) ? undefined : inner.toString();
        expect(decodeText(around, start, end, false, validate) === expected).toBe(true);
      }),
      runs(1_000, 100_000),
    );
  });

  it('finds what is not ASCII wherever a look does not, and again after text that is', () => {
    for (const size of [32, 125, 1_000]) {
      const ascii = Buffer.alloc(size, 'hoist the main sail ');
      const kept = ascii.toString();
      for (let at = 0; at < size - 2; at += size > 200 ? 7 : 1) {
        const cut = Buffer.from(ascii);
        cut[at] = 0xc3;
        const narrow = Buffer.from(cut);
        narrow[at + 1] = 0xa9;
        expect(decodeText(narrow, 0, size, false, true)).toBe(narrow.toString());
        for (let i = 0; i < 20; i++) expect(decodeText(ascii, 0, size, false, true)).toBe(kept);
        expect(decodeText(cut, 0, size, false, true)).toBeUndefined();
        for (let i = 0; i < 20; i++) expect(decodeText(ascii, 0, size, false, true)).toBe(kept);
        expect(decodeText(cut, 0, size, false, false)).toBe(cut.toString());
      }
    }
  });

  it('takes the word of who knows that it is ASCII', () => {
    expect(decodeText(Buffer.from('xabcx'), 1, 4, true, true)).toBe('abc');
  });
});

describe('decodeWide', () => {
  it('is isUtf8 and toString, whatever is around the range', () => {
    fc.assert(
      fc.property(inRange, ({ inner, around, start, end }) => {
        fc.pre(inner.length <= MOST_WIDE);
        expect(decodeWide(around, start, end) === (isUtf8(inner) ? inner.toString() : undefined)).toBe(true);
      }),
      runs(1_000, 100_000),
    );
  });

  it('knows every character, and what is none at the end of the memory', () => {
    for (let point = 0; point <= 0x10ffff; point += point < 0x3000 || (point > 0xd700 && point < 0x10100) ? 1 : 97) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const character = String.fromCodePoint(point);
      const encoded = Buffer.from(character);
      if (decodeWide(encoded, 0, encoded.length) !== character) expect.fail(`U+${point.toString(16)}`);
      const cut = Buffer.from(encoded.subarray(0, -1));
      if (cut.length > 0 && decodeWide(cut, 0, cut.length) !== undefined) expect.fail(`U+${point.toString(16)}, cut`);
    }
  });

  it.each(['f5808080', 'f8908080', 'fc808080', 'ff808080'])('knows that %s is no character', (encoded) => {
    expect(decodeWide(Buffer.from(encoded, 'hex'), 0, 4)).toBeUndefined();
  });
});

describe('transcodeText', () => {
  it('is isUtf8 and toString, whether or not it is told that the text is wide', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (inner, isWide) => {
        expect(transcodeText(inner, isWide) === (isUtf8(inner) ? inner.toString() : undefined)).toBe(true);
      }),
      runs(500, 50_000),
    );
  });

  it.each([0, 1, 2, 3])('sees a wide character that is the last of %i behind a multiple of four', (more) => {
    const wide = `${'é'.repeat(4_000 + more)}ш`;
    expect(transcodeText(Buffer.from(wide), false)).toBe(wide);
  });
});
