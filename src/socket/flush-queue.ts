import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { throwLater } from './call-all.ts';

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

/** Milliseconds that the first of them waits, and longer only for the read or tick at hand. */
const LONGEST = 5;

let waiting: Flushable[] = [];
/** Whether some of them are not counted as a step yet. */
let isNew = false;
let isTickPlanned = false;
let steps = 0;
let stepsSince = 0;
let isTurnOpen = false;
/** The only one that is written to of late: nobody is kept from anything by that, and no turn need be opened for it. */
let only: Flushable | undefined;

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
  // The first one before what others were sent: who has spoken goes on meanwhile.
  if (isTurnOpen) waiting.push(one);
  else waiting.unshift(one);
  endStep();
}

/** A read is over to which there is no answer: it has taken its time from who waits. */
export function endSilentRead(): void {
  if (steps > 0 && performance.now() - stepsSince > LONGEST) flushWaiting();
}

/** It is not written to any more. */
export function forgetWritten(one: Flushable): void {
  if (only === one) only = undefined;
}

function endStep(): void {
  isNew = false;
  const one = waiting.length === 1 ? waiting[0] : undefined;
  if (one === undefined || one !== only) {
    if (isTurnOpen) return waitForOthers();
    isTurnOpen = true;
    setImmediate(endTurn);
    only = one;
  }
  flushWaiting();
}

function waitForOthers(): void {
  only = undefined;
  const now = performance.now();
  if (++steps === 1) stepsSince = now;
  else if (steps >= MOST_STEPS || now - stepsSince > LONGEST) flushWaiting();
}

function endTurn(): void {
  isTurnOpen = false;
  flushWaiting();
}

/** A stream of somebody's own may throw, which is not the fault of the others, nor of whoever was read last. */
function flushWaiting(): void {
  const all = waiting;
  waiting = [];
  steps = 0;
  for (const one of all) {
    try {
      one.flush();
    } catch (error) {
      throwLater(error);
    }
  }
}
