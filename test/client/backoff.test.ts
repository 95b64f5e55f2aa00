import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, delayAfter, isFinal } from '../../src/client/backoff.ts';
import { runs } from '../support/runs.ts';

const most = { random: () => 0.999_999_999 };

describe('backoff', () => {
  it('retries at once, then doubles up to the cap', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 50].map((retry) => Math.round(backoff(retry, most)));
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('has full jitter: any wait from nothing to the bound', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 600_000 }),
        (retry, random, base, cap) => {
          const wait = backoff(retry, { base, cap, random: () => random });
          const bound = retry === 0 ? 0 : Math.min(cap, base * 2 ** (retry - 1));
          expect(wait).toBe(random * bound);
        },
      ),
      runs(2_000, 100_000),
    );
  });
});

describe('delayAfter', () => {
  it.each([
    [1001, 0, 5_000],
    [1012, 0, 5_000],
    [1001, 1, 1_000],
    [1006, 0, 0],
    [1011, 0, 0],
    [1013, 0, 1_000],
    [1013, 1, 1_000],
    [1013, 2, 2_000],
  ])('after %i, retry %i waits up to %i ms', (code, retry, bound) => {
    expect(Math.round(delayAfter(code, retry, most))).toBe(bound);
    expect(delayAfter(code, retry, { random: () => 0 })).toBe(0);
  });
});

describe('isFinal', () => {
  it.each([1000, 1002, 1003, 1007, 1008, 1009, 1010])('%i ends it', (code) => expect(isFinal(code)).toBe(true));

  it.each([1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 3000, 4000, 4999])('%i does not', (code) =>
    expect(isFinal(code)).toBe(false),
  );

  it('is what the application says of its own codes', () => {
    expect(isFinal(4001, [4001])).toBe(true);
    expect(isFinal(4002, [4001])).toBe(false);
  });
});
