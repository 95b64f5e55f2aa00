// One variant of one micro bench, in a process of its own: what one library does to the compiler's profiles is no
// other's burden.
import { answer } from '../lib/answer.js';
import { spend } from './spend.js';

const empty = () => {};

/** Tries of the idle loop, before anything else and behind each run, and milliseconds of each. */
const TRIES = 10;
const TRY = 10;

/** @type {() => unknown} */
let step = empty;
let messages = 1;
let cycle = 1;
/** What of a step is the bench's own doing. @type {() => unknown} */
let loop = empty;
/** CPU microseconds of the loop itself: the least that was seen, so that nothing but the loop is taken off. */
let idle = Infinity;

const tryIdle = async () => {
  for (let i = 0; i < TRIES; i++) idle = Math.min(idle, await spend(loop, TRY));
};

answer({
  async prepare({ module, variant, params }) {
    const { tasks } = await import(module);
    const task = await tasks[variant](params);
    ({ step, messages, cycle = 1, idle: loop = empty } = task);
    await tryIdle();
  },
  /** CPU nanoseconds per message, without what the empty loop takes. */
  async run({ duration }) {
    const busy = await spend(step, duration, cycle);
    // Again, now that the compiler has seen all of the loop: before, it may have been at work.
    await tryIdle();
    return { cost: ((busy - idle) * 1000) / messages };
  },
});
