import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../src/protocol/buffer-view.ts';
import { hold } from '../../src/protocol/held-words.ts';
import { isCollected } from '../support/collected.ts';
import { runs } from '../support/runs.ts';

/** Chunks of every origin: a slice of the pool, memory of its own, a part of it, more than is held, shared memory. */
const chunks: readonly Buffer[] = [
  Buffer.from('a slice of the pool of Buffer.from'),
  Buffer.allocUnsafeSlow(1_000).fill(1),
  Buffer.allocUnsafeSlow(1_000).fill(2).subarray(10, 900),
  Buffer.allocUnsafeSlow(100_000).fill(3),
  Buffer.allocUnsafeSlow(100_000).fill(4).subarray(99_000),
  Buffer.from(new SharedArrayBuffer(64), 8, 40),
  Buffer.alloc(0),
];

describe('a view of a chunk', () => {
  it('is what subarray gives, whichever chunk was looked at or unmasked before', () => {
    const look = fc.record({
      isHeld: fc.boolean(),
      which: fc.nat(chunks.length - 1),
      a: fc.nat(100_000),
      b: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 10 }), (looks) => {
        for (const { isHeld, which, a, b } of looks) {
          const chunk = chunks[which]!;
          if (isHeld) hold(chunk);
          const [start, end] = [a % (chunk.length + 1), b % (chunk.length + 1)].toSorted((x, y) => x - y) as [
            number,
            number,
          ];
          const view = viewOf(chunk, start, end);
          const plain = chunk.subarray(start, end);
          expect(view.equals(plain)).toBe(true);
          expect([view.buffer === plain.buffer, view.byteOffset]).toEqual([true, plain.byteOffset]);
        }
      }),
      runs(300, 50_000),
    );
  });

  it('does not hold the memory of more than one read for the sake of the next', async () => {
    const large = new WeakRef(Buffer.allocUnsafeSlow(65_537));
    expect(viewOf(large.deref()!, 1, 3)).toHaveLength(2);
    expect(await isCollected(large)).toBe(true);
  });

  it('is a Buffer with all that a Buffer can', () => {
    const view = viewOf(Buffer.from('some text'), 5, 9);
    expect(Buffer.isBuffer(view)).toBe(true);
    expect(view.toString()).toBe('text');
    expect(Object.getPrototypeOf(view)).toBe(Buffer.prototype);
  });
});
