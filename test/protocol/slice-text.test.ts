import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceLatin1, sliceUtf8 } from '../../src/protocol/slice-text.ts';
import { runs } from '../support/runs.ts';

describe('slices of text', () => {
  it('are what toString tells, of every range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), fc.nat(60), (octets, a, b) => {
        const bytes = Buffer.from(octets);
        const start = Math.min(a, b, bytes.length);
        const end = Math.min(Math.max(a, b), bytes.length);
        expect(sliceLatin1(bytes, start, end)).toBe(bytes.toString('latin1', start, end));
        expect(sliceUtf8(bytes, start, end)).toBe(bytes.toString('utf8', start, end));
      }),
      runs(1_000, 1_000_000),
    );
  });
});
