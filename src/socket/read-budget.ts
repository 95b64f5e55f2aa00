import { performance } from 'node:perf_hooks';

/** Work that a connection may do before others get their turn: one for a message, and one for every 4 KiB of it. */
export const WORK_PER_TURN = 1024;

/** Milliseconds after which it is others' turn, however little was done. */
const TIME = 5;

/** How often the clock is read: it costs as much as parsing a message. */
const CLOCK_EVERY = 8;

/** When what is being read was begun, as far as the clock was read: one is enough, as only one chunk is read at a time. */
let startedAt = 0;

/*
 * The budget keeps one flooding peer from delaying everybody else: libuv hands over up to 2 MiB of a socket in one turn
 * of the loop, and a synchronous parser makes 300,000 events of that. Whoever reads counts his work, and when the
 * budget is spent, reading is held and goes on by `setImmediate`.
 */

/** What a message of `size` bytes costs. */
export function workOf(size: number): number {
  return 1 + (size >>> 12);
}

/** Whether it is others' turn, after `work` of at most `most`. */
export function isSpent(work: number, most: number): boolean {
  return work >= most || ((work & (CLOCK_EVERY - 1)) === 0 && isLate());
}

/** What was received is handled: the clock stops. */
export function stopClock(): void {
  startedAt = 0;
}

function isLate(): boolean {
  const now = performance.now();
  if (startedAt === 0) startedAt = now;
  return now - startedAt > TIME;
}
