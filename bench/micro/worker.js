// One variant of one micro bench, in a process of its own: what one library does to the compiler's profiles is no
// other's burden.
import { answer } from '../lib/answer.js';
import { spendBeyond } from './spend.js';

const empty = () => {};

/** @type {import('../lib/micro-cases.js').Task} */
let task = { step: empty, messages: 1 };

answer({
  async prepare({ module, variant, params }) {
    const { tasks } = await import(module);
    task = await tasks[variant](params);
  },
  /** CPU nanoseconds per message, without what the bench itself takes. */
  async run({ duration }) {
    const { step, messages, cycle = 1, idle = empty } = task;
    return { cost: ((await spendBeyond(step, idle, duration, cycle)) * 1000) / messages };
  },
});
