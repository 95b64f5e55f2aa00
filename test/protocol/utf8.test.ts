import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Validator } from '../../src/protocol/utf8.ts';
import { runs } from '../support/runs.ts';
import { hex } from '../support/wire.ts';

/** How many bytes the validator takes one at a time before it says no; -1 if it takes all. */
function refusedAt(bytes: Uint8Array): number {
  const validator = new Utf8Validator();
  const buffer = Buffer.from(bytes);
  for (let i = 0; i < buffer.length; i++) if (!validator.push(buffer, i, i + 1)) return i;
  return -1;
}

/** Whether some continuation makes these bytes UTF-8: tried by completing the last character in all sensible ways. */
function canContinue(bytes: Buffer): boolean {
  const ends = ['', '80', '8080', '808080', 'a0', 'a080', '9080', '908080', '8f80', 'bf', 'bfbf', 'bfbfbf'];
  return ends.some((end) => isUtf8(Buffer.concat([bytes, hex(end)])));
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 10 }), fc.uint8Array({ maxLength: 4 }))
    .map(([text, tail]) => new Uint8Array(Buffer.concat([Buffer.from(text), tail]))),
  fc
    .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0x9f, 0xf0, 0xf4, 0x90, 0x8f, 0xf5), {
      maxLength: 8,
    })
    .map((bytes) => Uint8Array.from(bytes)),
);

describe('Utf8Validator', () => {
  it.each([
    ['an overlong slash', 'c0 af', 0],
    ['an overlong three-byte form', 'e0 80 80', 1],
    ['a surrogate', 'ed a0 80', 1],
    ['beyond U+10FFFF', 'f4 90 80 80', 1],
    ['a five-byte form', 'f8 88 80 80 80', 0],
    ['a lone continuation', '41 80', 1],
    ['a lead where a continuation is due', 'ce ce', 1],
    ['the Autobahn text', 'ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65', 12],
    ['the largest character', 'f4 8f bf bf', -1],
    ['two to four bytes', 'c3 a9 e2 82 ac f0 9f 98 80', -1],
  ])('refuses %s at the first impossible byte', (_, bytes, at) => {
    expect(refusedAt(hex(bytes))).toBe(at);
  });

  it('refuses exactly where no continuation could help', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const buffer = Buffer.from(bytes);
        let expected = -1;
        for (let i = 0; i < buffer.length && expected < 0; i++) {
          if (!canContinue(buffer.subarray(0, i + 1))) expected = i;
        }
        expect(refusedAt(bytes)).toBe(expected);
      }),
      runs(3_000, 500_000),
    );
  });

  it('agrees with isUtf8 however the bytes are split', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(40), { maxLength: 6 }), (bytes, cuts) => {
        const buffer = Buffer.from(bytes);
        const validator = new Utf8Validator();
        let valid = true;
        let from = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), buffer.length]) {
          const to = Math.min(Math.max(cut, from), buffer.length);
          valid = valid && validator.push(buffer, from, to);
          from = to;
        }
        expect(valid && validator.complete).toBe(isUtf8(buffer));
      }),
      runs(5_000, 500_000),
    );
  });
});
