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

/** Time between two looks at the clock (milliseconds). */
const SLICE = 1;

/**
 * CPU microseconds of a step, all threads of the process and its garbage collection included.
 * @param {() => unknown} step
 * @param {number} duration milliseconds
 * @param {number} [cycle] steps that belong together, as the chunks of one message do: only whole cycles are run
 */
export async function spend(step, duration, cycle = 1) {
  const before = process.cpuUsage();
  const end = performance.now() + duration;
  let count = cycle;
  let steps = 0;
  let now = performance.now();
  do {
    const from = now;
    await inTicks(step, count);
    steps += count;
    now = performance.now();
    if (now - from < SLICE) count *= 2;
  } while (now < end);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / steps;
}
