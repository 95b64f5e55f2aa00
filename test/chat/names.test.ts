import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkName, fitName, foldName, personOf } from '../../src/chat/names.ts';
import { quote } from '../../src/chat/lifecycle.ts';
import { TokenBucket } from '../../src/chat/token-bucket.ts';
import { runs } from '../support/runs.ts';

const anything = fc.string({ unit: 'binary', maxLength: 60 });

it('a name made to fit is a name, and one that fits stays as it is', () => {
  fc.assert(
    fc.property(anything, (handle) => {
      const name = fitName(handle);
      expect(() => checkName(name)).not.toThrow();
      expect(fitName(name)).toBe(name);
    }),
    runs(5_000, 1_000_000),
  );
});

it('a name folds to what folds to itself', () => {
  fc.assert(
    fc.property(anything, (name) => {
      expect(foldName(foldName(name))).toBe(foldName(name));
    }),
    runs(5_000, 1_000_000),
  );
});

it('a person is the same for names that fold to the same, and tells nothing of the secret', () => {
  expect(personOf('secret-secret-1234', 'Ann')).toBe(personOf('secret-secret-1234', 'ann'));
  expect(personOf('secret-secret-1234', 'ann')).not.toBe(personOf('secret-secret-1235', 'ann'));
});

it('quoted text is one line of plain ASCII', () => {
  fc.assert(
    fc.property(anything, (text) => {
      expect(quote(text)).toMatch(/^"[ -~]*"$/);
      expect(quote(text).slice(1, -1)).not.toMatch(/(?<!\\)(?:\\\\)*"/);
    }),
    runs(2_000, 200_000),
  );
});

describe('a token bucket', () => {
  it('lets through the burst at once and the rate over time', () => {
    let now = 0;
    const bucket = new TokenBucket({ rate: 20, burst: 40 }, () => now);
    const takeAll = (): number => {
      let count = 0;
      while (bucket.take() === 0) count++;
      return count;
    };
    expect(takeAll()).toBe(40);
    expect(bucket.take()).toBe(50);
    now += 50;
    expect(takeAll()).toBe(1);
    now += 1_000;
    expect(takeAll()).toBe(20);
    now += 3_600_000;
    expect(takeAll()).toBe(40);
  });
});
