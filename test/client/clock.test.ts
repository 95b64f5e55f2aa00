import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/client/clock.ts';

it.each([2 ** 31, Infinity])('a timer for %d ms waits', async (delay) => {
  let ran = false;
  const timer = systemClock.after(delay, () => {
    ran = true;
  });
  await sleep(20);
  expect(ran).toBe(false);
  systemClock.clear(timer);
});
