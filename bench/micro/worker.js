// One variant of one micro bench, in a process of its own: what one library does to the compiler's profiles is no
// other's burden.
import { answer } from '../lib/answer.js';
import { meter } from './meter.js';

const empty = () => {};

let perStep = 1;
let running = meter(empty, empty);

answer({
  async prepare({ module, variant, params }) {
    const { tasks } = await import(module);
    const { step, messages, cycle, idle = empty } = await tasks[variant](params);
    perStep = messages;
    running = meter(step, idle, cycle);
  },
  /** CPU nanoseconds per message, without what the bench itself takes, time and again. */
  async run({ duration }) {
    const costs = await running.run(duration);
    return costs.map((cost) => (cost * 1000) / perStep);
  },
});
