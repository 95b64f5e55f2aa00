/**
 * The value below which the share `q` of the samples lies, interpolated.
 * @param {readonly number[]} samples at least one
 * @param {number} q 0 to 1
 */
export function quantile(samples, q) {
  const sorted = samples.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/**
 * The mean of the middle half: what a shared machine does to a few samples does not count, and what is so in many does.
 * @param {readonly number[]} samples at least one
 */
export function middleMean(samples) {
  const cut = Math.floor(samples.length / 4);
  const middle = samples.toSorted((a, b) => a - b).slice(cut, samples.length - cut);
  return middle.reduce((sum, sample) => sum + sample, 0) / middle.length;
}

/** @param {readonly number[]} samples */
const median = (samples) => quantile(samples, 0.5);

/**
 * Median with the smallest and largest sample: with few rounds, the whole range is the honest spread.
 * @param {readonly number[]} samples
 */
export const summary = (samples) => ({
  median: median(samples),
  min: Math.min(...samples),
  max: Math.max(...samples),
});
