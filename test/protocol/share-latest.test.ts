import { expect, it } from 'vitest';
import { shareLatest } from '../../src/protocol/share-latest.ts';

it('gives back the object before, if it says the same', () => {
  const share = shareLatest<{ a: number; b: string | undefined }>();
  const first = share({ a: 1, b: 'x' });
  expect(share({ a: 1, b: 'x' })).toBe(first);
  const other = share({ a: 1, b: undefined });
  expect(other).toEqual({ a: 1, b: undefined });
  expect(share({ a: 2, b: undefined })).toEqual({ a: 2, b: undefined });
  expect(first).toEqual({ a: 1, b: 'x' });
});
