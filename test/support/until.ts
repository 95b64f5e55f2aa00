import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves with the milliseconds that it took until something holds; rejects after `time`.
 * @param what what was waited for, as the error says it
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, time = 10_000): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > time) throw new Error(`not within ${time} ms: ${what}`);
    await sleep(20);
  }
  return performance.now() - start;
}
