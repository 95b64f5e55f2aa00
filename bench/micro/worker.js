// One variant of one micro bench, in a process of its own: what one library does to the compiler's profiles is no
// other's burden.
import { answer } from '../lib/answer.js';
import { spend } from './spend.js';

const empty = () => {};

/** Tries of the empty loop before anything else, and milliseconds of each. */
const TRIES = 10;
const TRY = 10;

/** @type {() => unknown} */
let step = empty;
let messages = 1;
let cycle = 1;
/** CPU microseconds of the loop itself: the least that was seen, so that nothing but the loop is taken off. */
let idle = Infinity;

const tryEmpty = async () => void (idle = Math.min(idle, await spend(empty, TRY)));

answer({
  async prepare({ module, variant, params }) {
    for (let i = 0; i < TRIES; i++) await tryEmpty();
    const { tasks } = await import(module);
    ({ step, messages, cycle = 1 } = await tasks[variant](params));
  },
  /** CPU nanoseconds per message, without what the empty loop takes. */
  async run({ duration }) {
    const busy = await spend(step, duration, cycle);
    return { cost: ((busy - idle) * 1000) / messages };
  },
});
