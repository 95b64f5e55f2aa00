import { Buffer, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runs } from '../support/runs.ts';

/** What the bytes would be on a machine of the other kind cannot be had here; which way is gone there can. */
describe('where numbers are big-endian', () => {
  beforeAll(() => {
    vi.resetModules();
    vi.doMock('../../src/protocol/little-endian.ts', () => ({ isLittleEndian: false }));
    return () => {
      vi.doUnmock('../../src/protocol/little-endian.ts');
      vi.resetModules();
    };
  });

  it('text is decoded without words, and is the same', async () => {
    const { decodeWide } = await import('../../src/protocol/decode-wide.ts');
    const { transcodeText } = await import('../../src/protocol/transcode-text.ts');
    const { decodeText } = await import('../../src/protocol/decode-text.ts');
    const words = Buffer.from('слова');
    expect(decodeWide(words, 0, words.length)).toBeUndefined();
    expect(transcodeText(words, true)).toBeUndefined();
    const bytes = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
      fc.constantFrom('é', 'и', '你').map((character) => Buffer.from(character.repeat(5_000))),
      fc.uint8Array({ maxLength: 40 }).map((raw) => Buffer.from(raw)),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        expect(decodeText(text, 0, text.length, false, true)).toBe(isUtf8(text) ? text.toString() : undefined);
      }),
      runs(500, 50_000),
    );
  });

  it('masks without words, and the same', async () => {
    const { applyMask, applyMaskBlind } = await import('../../src/protocol/fast-mask.ts');
    const { applyMaskPlain } = await import('../../src/protocol/mask.ts');
    const { held } = await import('../../src/protocol/held-words.ts');
    const before = held;
    const masking = fc.record({ key: fc.integer(), start: fc.nat(40), length: fc.nat(2_000), blind: fc.boolean() });
    fc.assert(
      fc.property(masking, ({ key, start, length, blind }) => {
        const plain = Buffer.alloc(2_100, 0xa5);
        const fast = Buffer.from(plain);
        applyMaskPlain(plain, start, start + length, key);
        (blind ? applyMaskBlind : applyMask)(fast, start, start + length, key);
        expect(fast.equals(plain)).toBe(true);
      }),
      runs(500, 50_000),
    );
    expect((await import('../../src/protocol/held-words.ts')).held).toBe(before);
  });
});
