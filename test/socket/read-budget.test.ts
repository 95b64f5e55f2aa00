import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLate, isSpent, stopClock, workOf } from '../../src/socket/read-budget.ts';

afterEach(() => {
  vi.restoreAllMocks();
  stopClock();
});

describe('the read budget', () => {
  it('is spent by a thousand small messages, or by 4 MiB of large ones', () => {
    expect(isSpent(1_000 * workOf(125))).toBe(false);
    expect(isSpent(1_024 * workOf(125))).toBe(true);
    expect(isSpent(60 * workOf(65_536))).toBe(false);
    expect(isSpent(64 * workOf(65_536))).toBe(true);
  });

  it.each([0, 125, 4_096, 28_672, 61_440, 1 << 20])(
    'has time up soon after 5 ms with messages of %i bytes, wherever the count stands',
    (size) => {
      for (let before = 0; before < 16; before++) {
        let time = 1;
        vi.spyOn(performance, 'now').mockImplementation(() => time);
        stopClock();
        let work = before;
        let isOver = false;
        let messages = 0;
        for (; !isOver && messages < 100; messages++, time++) {
          const was = work;
          work += workOf(size);
          isOver = isLate(was, work);
        }
        expect(isOver).toBe(true);
        // The clock is read for every eighth at least: for one to start it, and for one after 5 ms.
        expect(messages).toBeGreaterThan(5);
        expect(messages).toBeLessThanOrEqual(8 + 8);
      }
    },
  );
});
