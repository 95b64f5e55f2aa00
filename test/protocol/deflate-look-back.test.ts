import { describe, expect, it } from 'vitest';
import { LookBack } from '../../src/protocol/deflate-look-back.ts';

const WINDOW = 32_768;

/** Sends so many messages of 100 bytes with a full window; what they repeat lies `distance` bytes back. */
function send(lookBack: LookBack, messages: number, distance: number): { trials: number; kept: number } {
  let trials = 0;
  let kept = 0;
  for (let i = 0; i < messages; i++) {
    if (lookBack.isTrial(100, WINDOW)) {
      trials++;
      lookBack.compare(lookBack.tried(100) >= distance ? 1000 : 1150, 1000);
    }
    kept = lookBack.keep(100);
  }
  return { trials, kept };
}

describe('looking back', () => {
  it.each([
    [0, 2048],
    [1024, 2048],
    [2048, 4096],
    [4000, 8000],
    [100_000, WINDOW],
  ])('a message of %i bytes uses %i', (length, used) => {
    expect(new LookBack(WINDOW).of(length)).toBe(used);
    expect(new LookBack(512).of(length)).toBe(512);
  });

  it('compares a few messages once the window is full, and then keeps only what is near', () => {
    const lookBack = new LookBack(WINDOW);
    expect(lookBack.isTrial(100, WINDOW - 1)).toBe(false);
    expect(lookBack.keep(100)).toBe(WINDOW);
    expect(send(lookBack, 100, 0)).toEqual({ trials: 4, kept: 2048 });
    expect(lookBack.of(100)).toBe(2048);
    expect(lookBack.keep(4000)).toBe(8000);
    expect(lookBack.keep(100)).toBe(8000);
  });

  it('waits no longer than 128 messages for the window to be full', () => {
    const lookBack = new LookBack(WINDOW);
    for (let i = 0; i < 128; i++) {
      expect(lookBack.isTrial(100, 10_000)).toBe(false);
      lookBack.keep(100);
    }
    expect(lookBack.isTrial(100, 10_000)).toBe(true);
    expect(lookBack.isTrial(100, 2048)).toBe(false);
  });

  it.each([
    [3000, 4096, 8],
    [5000, 8192, 12],
    [8192, 8192, 12],
    [9000, 16_384, 16],
    [20_000, WINDOW, 16],
  ])('reaches what lies %i bytes back with %i, after %i trials', (distance, reached, trials) => {
    const lookBack = new LookBack(WINDOW);
    expect(send(lookBack, 100, distance)).toEqual({ trials, kept: reached });
    expect(lookBack.of(100)).toBe(reached);
  });

  it('tries half of it after a while, and stays if that is too short', () => {
    const lookBack = new LookBack(WINDOW);
    send(lookBack, 100, 9000);
    for (let i = 0; i < 5000; i++) {
      send(lookBack, 1, 9000);
      expect(lookBack.of(100)).toBe(16_384);
    }
    send(lookBack, 2000, 0);
    expect(lookBack.of(100)).toBe(2048);
    expect(send(lookBack, 5120, 0).trials).toBeLessThanOrEqual(40);
  });

  it('never compares where the window is no larger than what is near', () => {
    const lookBack = new LookBack(2048);
    for (let i = 0; i < 2000; i++) {
      expect(lookBack.isTrial(100, 2048)).toBe(false);
      expect(lookBack.keep(100)).toBe(2048);
    }
  });
});
