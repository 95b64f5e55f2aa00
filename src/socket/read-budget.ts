import { performance } from 'node:perf_hooks';

/** Work that a connection may do before others get their turn: one for a message, and one for every 4 KiB of it. */
const WORK_PER_TURN = 1024;

/** Milliseconds after which it is others' turn, however little was done. */
const TIME = 5;

/** How often the clock is read, a power of two: it costs as much as parsing a message. */
const CLOCK_EVERY = 8;

/** When what is being read was begun, as far as the clock was read: one is enough, as only one chunk is read at a time. */
let startedAt = 0;

/*
 * The budget keeps one flooding peer from delaying everybody else: libuv hands over up to 2 MiB of a socket in one turn
 * of the loop, and a synchronous parser makes 300,000 events of that. Whoever reads counts his work, and when the
 * budget is spent, reading is held and goes on by `setImmediate`. Time is up at once; that work is done is asked behind
 * a chunk, as what is left of one has to be copied where its memory is lent.
 */

/** What a message of `size` bytes costs. */
export function workOf(size: number): number {
  return 1 + (size >>> 12);
}

/** Whether it is others' turn, between two chunks. */
export function isSpent(work: number): boolean {
  return work >= WORK_PER_TURN;
}

/** Whether it is others' turn within a chunk: the work that was done has become `work`, which was `before`. */
export function isLate(before: number, work: number): boolean {
  return (before ^ work) >= CLOCK_EVERY && isTimeUp();
}

/** What was received is handled: the clock stops. */
export function stopClock(): void {
  startedAt = 0;
}

function isTimeUp(): boolean {
  const now = performance.now();
  if (startedAt === 0) startedAt = now;
  return now - startedAt > TIME;
}
