// One variant of one micro bench, in a process of its own: what one library does to the compiler's profiles is no
// other's burden.
import { answer } from '../lib/answer.js';
import { spend } from './spend.js';

const empty = () => {};

/** CPU microseconds of the loop itself: the least of a few tries, so that nothing but the loop is taken off. */
async function loopCost() {
  const tries = [];
  for (let i = 0; i < 5; i++) tries.push(await spend(empty, 10));
  return Math.min(...tries);
}

/** @type {() => unknown} */
let step = empty;
let messages = 1;
let cycle = 1;
let idle = 0;

answer({
  async prepare({ module, variant, params }) {
    idle = await loopCost();
    const { tasks } = await import(module);
    ({ step, messages, cycle = 1 } = await tasks[variant](params));
  },
  /** CPU nanoseconds per message, without what the empty loop takes. */
  run: async ({ duration }) => ({ cost: ((await spend(step, duration, cycle)) - idle) * (1000 / messages) }),
});
