/**
 * How long each figure is measured: rounds per variant, and milliseconds of warm-up and of measurement in each.
 * Before the first round each variant is warmed up for `start` (in process: for a quarter of it, before each round, which is a
 * process of its own), so that no round is spent compiling.
 * `micro` is the time of one variant in one round of the in-process benches.
 * @typedef {{ quick: boolean, rounds: number, start: number, warmUp: number, duration: number, micro: number }} Settings
 */

/** @type {Settings} */
export const FULL = { quick: false, rounds: 5, start: 1000, warmUp: 150, duration: 600, micro: 200 };

/** Shows that everything works and about where it stands; two rounds of a tenth of a second prove nothing. @type {Settings} */
export const QUICK = { quick: true, rounds: 2, start: 250, warmUp: 20, duration: 60, micro: 20 };
