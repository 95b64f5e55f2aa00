import { summary } from './stats.js';

/** The variant that all others are divided by. */
export const BASE = 'halyard';

/**
 * @typedef {Record<string, number>} Sample one round of one variant: figures by name; `cost` is the one that is compared, the smaller the better
 * @typedef {{ median: number, min: number, max: number }} Summary
 * @typedef {{ figures: Record<string, Summary>, ratio?: Summary, samples: Sample[] }} Measured
 */

/**
 * Sums up the rounds of all variants. The ratio is formed within each round, variant ÷ base, before the median is
 * taken: two figures of one round saw the same machine, two medians need not have.
 *
 * @param {Record<string, Sample[]>} samples
 * @returns {Record<string, Measured>}
 */
export function compare(samples) {
  const base = samples[BASE];
  return Object.fromEntries(
    Object.entries(samples).map(([variant, rounds]) => {
      const figures = Object.fromEntries(
        Object.keys(rounds[0]).map((figure) => [figure, summary(rounds.map((round) => round[figure]))]),
      );
      if (base === undefined) return [variant, { figures, samples: rounds }];
      const ratio = summary(rounds.map((round, i) => round.cost / base[i].cost));
      return [variant, { figures, ratio, samples: rounds }];
    }),
  );
}
