import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for what other code brings about.
 * @param {() => boolean} isTrue
 * @param {{ within: number, otherwise: () => string }} options milliseconds, and what to complain of after them
 */
export async function until(isTrue, { within, otherwise }) {
  for (const end = performance.now() + within; !isTrue(); await sleep(5)) {
    if (performance.now() > end) throw new Error(otherwise());
  }
}
