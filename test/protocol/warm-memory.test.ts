import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyMasked } from '../../src/protocol/copy-masked.ts';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { warm, writeCold } from '../../src/protocol/warm-memory.ts';
import { runs } from '../support/runs.ts';

/** Enough copies to find out. */
const MANY = 5_000;

describe('memory that was just allocated', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  it('is warmed by one write to every 64 bytes that are about to be written over, and nowhere else', () => {
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

  it('is copied to as other memory is, before and while and after that is tried out', () => {
    const source = Buffer.from(Array.from({ length: 300 }, (_, i) => i));
    const expected = Buffer.alloc(320, 0xee);
    source.copy(expected, 7, 11, 300);
    applyMaskPlain(expected, 7, 296, 0x1234567);
    for (let i = 0; i < MANY; i++) {
      const target = Buffer.alloc(320, 0xee);
      writeCold(target, 7, 296, () => copyMasked(target, 7, source, 11, 300, 0x1234567));
      if (!target.equals(expected)) expect(target.toString('hex')).toBe(expected.toString('hex'));
    }
  });

  it.each([
    ['goes on being warmed', 2, 3, true],
    ['is warmed no more', 3, 2, false],
  ])('%s if copies took %i ms with that and %i ms without', async (_, withIt, without, expected) => {
    vi.resetModules();
    const fresh = await import('../../src/protocol/warm-memory.ts');
    const source = Buffer.alloc(64);
    const target = Buffer.alloc(64);
    let isWarmed = false;
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.spyOn(target, 'set').mockImplementation(() => {
      isWarmed = target[0] === 0;
      now += isWarmed ? withIt : without;
    });
    const copy = (): boolean => {
      target.fill(1);
      fresh.writeCold(target, 0, 64, () => target.set(source));
      return isWarmed;
    };
    const before = Array.from({ length: MANY }, copy);
    expect(before[0]).toBe(true);
    expect(before.includes(false)).toBe(true);
    expect([copy(), copy(), copy()]).toEqual([expected, expected, expected]);
  });
});
