import { performance } from 'node:perf_hooks';

/** Work that a connection may do before others get their turn: one for a message, and one for every 4 KiB of it. */
const WORK_PER_TURN = 1024;

/** Milliseconds after which it is others' turn, however little was done. */
const TIME = 5;

/** How often the clock is read, a power of two: it costs as much as parsing a message. */
const CLOCK_EVERY = 8;

/** Who has been reading since when in this turn, as far as the clock was read: one is enough, as who reads takes turns. */
let reader: object | undefined;
let startedAt = 0;

/** Whether the clock will stop when this turn of the event loop is over. */
let isEnding = false;

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

/** Whether it is others' turn within a chunk: the work that `who` has done has become `work`, and was `before`. */
export function isLate(who: object, before: number, work: number): boolean {
  return (before ^ work) >= CLOCK_EVERY && isTimeUp(who);
}

/** The next that anybody reads is in a turn of its own. */
export function stopClock(): void {
  reader = undefined;
}

/** More may follow in this turn of the event loop, behind which the clock stops. */
export function keepClock(): void {
  if (reader === undefined || isEnding) return;
  isEnding = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  isEnding = false;
  stopClock();
}

function isTimeUp(who: object): boolean {
  const now = performance.now();
  if (reader !== who) {
    reader = who;
    startedAt = now;
  }
  return now - startedAt > TIME;
}
