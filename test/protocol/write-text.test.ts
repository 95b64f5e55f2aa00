import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeLatin1, writeUtf8 } from '../../src/protocol/write-text.ts';
import { runs } from '../support/runs.ts';

describe('text that is written', () => {
  it('is what Buffer.from makes of it, lone surrogates included, and nothing beside it', () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udc00'), fc.string()) });
    fc.assert(
      fc.property(text, fc.nat(20), (written, at) => {
        const most = 3 * written.length;
        const bytes = Buffer.alloc(at + most + 5, 0xff);
        const plain = Buffer.from(written);
        expect(writeUtf8(bytes, written, at, most)).toBe(plain.length);
        const around = [Buffer.alloc(at, 0xff), plain, Buffer.alloc(most + 5 - plain.length, 0xff)];
        expect(bytes.equals(Buffer.concat(around))).toBe(true);
      }),
      runs(1_000, 200_000),
    );
  });

  it('is itself where it is ASCII, and nothing beside it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\x7f', '\0'), maxLength: 50 });
    fc.assert(
      fc.property(text, fc.nat(20), (written, at) => {
        const bytes = Buffer.alloc(at + written.length + 5, 0xff);
        expect(writeLatin1(bytes, written, at, written.length)).toBe(written.length);
        expect(bytes.toString('latin1')).toBe('\xff'.repeat(at) + written + '\xff'.repeat(5));
      }),
      runs(300, 20_000),
    );
  });
});
