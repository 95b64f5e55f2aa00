import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { SMALL, unmaskSmall } from '../../src/protocol/unmask-small.ts';
import { runs } from '../support/runs.ts';

const chunk = fc.record({
  bytes: fc.oneof(fc.uint8Array({ minLength: 8, maxLength: 40 }), fc.uint8Array({ minLength: 8, maxLength: SMALL })),
  start: fc.nat(8),
  key: fc.integer(),
});

describe('a small payload that is copied to be unmasked', () => {
  it('is what the plain loop makes of it, stays so, and leaves its chunk as it was', () => {
    fc.assert(
      // So many that they do not lie in one piece of memory.
      fc.property(fc.array(chunk, { maxLength: 60 }), (chunks) => {
        const before = chunks.map(({ bytes }) => Buffer.from(bytes));
        const copies = chunks.map(({ bytes, start, key }) => unmaskSmall(bytes, start, key));
        for (const [i, { bytes, start, key }] of chunks.entries()) {
          expect(before[i]!.equals(bytes)).toBe(true);
          applyMaskPlain(bytes, start, bytes.length, key);
          expect(copies[i]!.equals(bytes.subarray(start))).toBe(true);
        }
      }),
      runs(500, 50_000),
    );
  });

  it('is a Buffer for itself: who writes to it changes no other', () => {
    const copies = Array.from({ length: 100 }, (_, i) => unmaskSmall(Buffer.alloc(6 + (i % 30), i), 6, 0));
    for (const copy of copies) {
      expect(Buffer.isBuffer(copy)).toBe(true);
      copy.fill(0xff);
    }
    expect(copies.every((copy) => copy.every((byte) => byte === 0xff))).toBe(true);
    expect(unmaskSmall(Buffer.from('012345alone'), 6, 0).toString()).toBe('alone');
    expect(copies.every((copy) => copy.every((byte) => byte === 0xff))).toBe(true);
  });
});
