import { describe, expect, it } from 'vitest';
import { LookBack } from '../../src/protocol/deflate-look-back.ts';

const WINDOW = 32_768;

/** Goes on for so many messages of 100 bytes with a full window; `gain` is how much shorter far ones are. */
function goOn(lookBack: LookBack, messages: number, gain: number): { trials: number; kept: number } {
  let trials = 0;
  let kept = 0;
  for (let i = 0; i < messages; i++) {
    if (lookBack.isTrial(100, WINDOW)) {
      trials++;
      lookBack.compare(Math.round(1000 * gain), 1000);
    }
    kept = lookBack.keep(100);
  }
  return { trials, kept };
}

describe('looking back', () => {
  it.each([
    [0, 4096],
    [1024, 4096],
    [2000, 8000],
    [100_000, WINDOW],
  ])('a message of %i bytes uses %i', (length, used) => {
    expect(new LookBack(WINDOW).of(length)).toBe(used);
    expect(new LookBack(512).of(length)).toBe(512);
  });

  it('compares a few messages once the window is full, and then keeps only what is near', () => {
    const lookBack = new LookBack(WINDOW);
    expect(lookBack.isTrial(100, WINDOW - 1)).toBe(false);
    expect(lookBack.keep(100)).toBe(WINDOW);
    expect(goOn(lookBack, 100, 1.1)).toEqual({ trials: 4, kept: 4096 });
    expect(lookBack.of(100)).toBe(4096);
    expect(lookBack.keep(2000)).toBe(8000);
  });

  it('waits no longer than 128 messages for the window to be full', () => {
    const lookBack = new LookBack(WINDOW);
    for (let i = 0; i < 128; i++) {
      expect(lookBack.isTrial(100, 10_000)).toBe(false);
      lookBack.keep(100);
    }
    expect(lookBack.isTrial(100, 10_000)).toBe(true);
    expect(lookBack.isTrial(100, 4096)).toBe(false);
  });

  it('looks far as long as that is worth it', () => {
    const lookBack = new LookBack(WINDOW);
    expect(goOn(lookBack, 100, 1.5)).toEqual({ trials: 4, kept: WINDOW });
    expect(lookBack.of(100)).toBe(WINDOW);
    expect(goOn(lookBack, 500, 1.5).trials).toBe(4);
    expect(lookBack.of(100)).toBe(WINDOW);
    goOn(lookBack, 1000, 1.1);
    expect(lookBack.of(100)).toBe(4096);
    goOn(lookBack, 1000, 1.5);
    expect(lookBack.of(100)).toBe(WINDOW);
  });
});
