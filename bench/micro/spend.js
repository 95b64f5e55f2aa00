/**
 * Runs each step in a tick of its own, as chunks arrive from a socket: a plain loop would flatter code that puts off
 * work to the end of the tick, since it would do that work once for thousands of chunks.
 *
 * @param {() => unknown} step awaited if it returns a promise
 * @param {number} count
 * @returns {Promise<void>}
 */
function inTicks(step, count) {
  return new Promise((resolve) => {
    let left = count;
    const next = () => {
      if (--left > 0) process.nextTick(tick);
      else resolve();
    };
    const tick = () => {
      const pending = step();
      if (pending instanceof Promise) pending.then(next);
      else next();
    };
    process.nextTick(tick);
  });
}

/** CPU microseconds of one stretch, at least. */
const STRETCH = 2000;

/** CPU microseconds of this process so far, all its threads and its garbage collection included. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A step that is run in stretches, with what they took. */
class Stretches {
  #step;
  #count;
  #steps = 0;
  /** CPU microseconds of all of them. */
  spent = 0;

  /** @param {() => unknown} step @param {number} cycle steps of a stretch at least: only whole cycles are run */
  constructor(step, cycle) {
    this.#step = step;
    this.#count = cycle;
  }

  /** CPU microseconds of a step. */
  get cost() {
    return this.spent / this.#steps;
  }

  async run() {
    const from = cpu();
    await inTicks(this.#step, this.#count);
    const took = cpu() - from;
    this.spent += took;
    this.#steps += this.#count;
    if (took < STRETCH) this.#count *= 2;
  }
}

/**
 * CPU microseconds of a step beyond those of `loop`, which is what of it is the bench's own doing. They take turns: a
 * machine that is shared runs half as fast again from one second to the next, and what one of them was measured at must not
 * be taken off what the other was measured at in a better time.
 *
 * @param {() => unknown} step
 * @param {() => unknown} loop
 * @param {number} duration milliseconds of CPU time of the steps, so that a busy machine does not cut it short
 * @param {number} [cycle] steps that belong together, as the chunks of one message do: only whole cycles are run
 */
export async function spendBeyond(step, loop, duration, cycle = 1) {
  const steps = new Stretches(step, cycle);
  const loops = new Stretches(loop, 1);
  while (steps.spent < duration * 1000) {
    await steps.run();
    await loops.run();
  }
  return steps.cost - loops.cost;
}
