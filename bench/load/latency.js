import { quantile } from '../lib/stats.js';

/** Collects times in milliseconds. */
export function latencies() {
  /** @type {number[]} */
  const samples = [];
  return {
    record: (/** @type {number} */ time) => samples.push(time),
    figures: () => ({ p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) }),
  };
}
