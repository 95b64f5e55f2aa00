import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';

/** Something that has collected bytes. */
export interface Flushable {
  flush(): void;
}

/*
 * When what was sent is written. A write costs several microseconds however short it is, and as much again if it wakes the process that it is
 * for. So what is sent within a read, or within a tick, leaves together, and that is a step. The first step of a turn of the event
 * loop leaves as soon as it is over: whoever it is for has something to do meanwhile. Those behind it leave together, at the end of
 * the turn: then a member of a room is written to once, however many have spoken. docs/decisions/one-write-a-turn.md
 */

/** So many steps wait for each other at most: what they have collected should still be in the cache. */
const MOST_STEPS = 32;

/** Milliseconds after which they wait no longer than for the step at hand. */
const LONGEST = 5;

let waiting: Flushable[] = [];
/** Whether some of them are not counted as a step yet. */
let isNew = false;
let isTickPlanned = false;
let steps = 0;
let stepsSince = 0;
let isTurnOpen = false;

/** Flushes what is sent in this tick, at its end or later in this turn of the event loop. */
export function flushAtEndOfTick(one: Flushable): void {
  waiting.push(one);
  isNew = true;
  if (isTickPlanned) return;
  isTickPlanned = true;
  process.nextTick(endTick);
}

function endTick(): void {
  isTickPlanned = false;
  if (isNew) endStep();
}

/** Flushes the answers to a read that is over, and what others were sent in it, now or later in this turn. */
export function flushAnswers(one: Flushable): void {
  if (isTurnOpen) waiting.push(one);
  // Before what others were sent: who has spoken goes on meanwhile.
  else one.flush();
  endStep();
}

function endStep(): void {
  isNew = false;
  if (!isTurnOpen) {
    isTurnOpen = true;
    setImmediate(endTurn);
    return flushWaiting();
  }
  const now = performance.now();
  if (++steps === 1) stepsSince = now;
  else if (steps >= MOST_STEPS || now - stepsSince > LONGEST) flushWaiting();
}

function endTurn(): void {
  isTurnOpen = false;
  flushWaiting();
}

/** A stream of somebody's own may throw: then the others still get their turn. */
function flushWaiting(): void {
  const all = waiting;
  let done = 0;
  waiting = [];
  steps = 0;
  try {
    for (; done < all.length; done++) all[done]!.flush();
  } finally {
    for (const one of all.slice(done + 1)) flushAtEndOfTick(one);
  }
}
