import fc from 'fast-check';
import { expect, it } from 'vitest';
import { warm } from '../../src/protocol/warm-memory.ts';
import { runs } from '../support/runs.ts';

it('writes once to every 64 bytes that are about to be written over, and nowhere else', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(1000), fc.nat(100), (before, length, after) => {
      const bytes = Buffer.alloc(before + length + after, 1);
      warm(bytes, before, before + length);
      const expected = Buffer.alloc(bytes.length, 1);
      for (let at = before; at < before + length; at += 64) expected[at] = 0;
      expect(bytes.equals(expected)).toBe(true);
    }),
    runs(200, 20_000),
  );
});
