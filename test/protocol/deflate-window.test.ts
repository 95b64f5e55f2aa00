import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeflateWindow } from '../../src/protocol/deflate-window.ts';
import { runs } from '../support/runs.ts';

describe('the window', () => {
  it('is the end of what was appended, in memory to match', () => {
    const append = fc.record({ bytes: fc.uint8Array({ maxLength: 900 }), limit: fc.constantFrom(256, 256, 512, 1024) });
    fc.assert(
      fc.property(fc.array(append), (appends) => {
        const window = new DeflateWindow();
        let all = Buffer.alloc(0);
        let kept = 0;
        for (const { bytes, limit } of appends) {
          all = Buffer.concat([all, bytes]);
          window.append(bytes, limit);
          kept = Math.min(limit, kept + bytes.length);
          expect(window.length).toBeGreaterThanOrEqual(kept);
          for (const most of [kept, 5, limit]) {
            const length = Math.min(most, window.length);
            expect(window.last(most).equals(all.subarray(all.length - length))).toBe(true);
          }
          expect(window.capacity).toBeLessThanOrEqual(Math.max(256, 3 * limit));
          expect(window.capacity).toBeLessThanOrEqual(Math.max(256, 2 * all.length));
        }
      }),
      runs(2000, 200_000),
    );
  });

  it('holds nothing before it is used', () => {
    expect(new DeflateWindow().capacity).toBe(0);
    expect(new DeflateWindow().last(100)).toHaveLength(0);
  });

  it('is a quarter larger than what it must keep', () => {
    const window = new DeflateWindow();
    const bytes = Buffer.alloc(1024, 'x');
    for (let i = 0; i < 100; i++) window.append(bytes, 32_768);
    expect(window.capacity).toBe(40_960);
    expect(window.length).toBeGreaterThanOrEqual(32_768);
  });
});
