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

/** CPU microseconds between two looks at the clock. */
const SLICE = 1000;

/** CPU microseconds of this process so far, all its threads and its garbage collection included. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * CPU microseconds of a step.
 * @param {() => unknown} step
 * @param {number} duration milliseconds of CPU time, so that a busy machine does not cut it short
 * @param {number} [cycle] steps that belong together, as the chunks of one message do: only whole cycles are run
 */
export async function spend(step, duration, cycle = 1) {
  const start = cpu();
  const end = start + duration * 1000;
  let count = cycle;
  let steps = 0;
  let now = start;
  do {
    const from = now;
    await inTicks(step, count);
    steps += count;
    now = cpu();
    if (now - from < SLICE) count *= 2;
  } while (now < end);
  return (now - start) / steps;
}
