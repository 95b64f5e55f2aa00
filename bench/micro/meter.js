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

/** CPU microseconds of one stretch, at least: long enough for some garbage to be collected in each. */
const STRETCH = 4000;

/** CPU microseconds of this process so far, all its threads and its garbage collection included. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** @param {() => unknown} step @param {number} count @returns {Promise<number>} CPU microseconds of all of them */
async function spend(step, count) {
  const from = cpu();
  await inTicks(step, count);
  return cpu() - from;
}

/**
 * CPU microseconds of a step beyond those of `loop`, which is what of it is the bench's own doing. They take turns, as a
 * machine that is shared runs half as fast again from one second to the next: what one of them was measured at is not to be taken
 * off what the other was measured at in a better time. Both are run as often: what is to be measured rests no longer than it must,
 * as it does not in a process that has work to do.
 *
 * @param {() => unknown} step awaited if it returns a promise
 * @param {() => unknown} loop
 * @param {number} [cycle] steps that belong together, as the chunks of one message do: only whole cycles are run
 */
export function meter(step, loop, cycle = 1) {
  let count = cycle;
  return {
    /**
     * The cost by each pair of stretches, of which the first ones are shorter.
     * @param {number} duration milliseconds of CPU time of the steps, so that a busy machine does not cut it short
     */
    async run(duration) {
      const costs = [];
      let left = duration * 1000;
      while (left > 0) {
        const spent = await spend(step, count);
        costs.push((spent - (await spend(loop, count))) / count);
        left -= spent;
        if (spent < STRETCH) count *= 2;
      }
      return costs;
    },
  };
}
