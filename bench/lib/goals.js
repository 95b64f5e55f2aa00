import { digits } from './table.js';

/**
 * What a case is meant to reach: for a variant, the least and the hoped-for ratio of its cost to Halyard's.
 * @typedef {Record<string, readonly [least: number, aim: number]>} Goals
 */

/** The same goal against ws with and without its native addon. @param {number} least @param {number} aim @returns {Goals} */
export const against = (least, aim) => ({ ws: [least, aim], 'ws + bufferutil': [least, aim] });

/**
 * @param {readonly [number, number] | undefined} goal
 * @param {number | undefined} ratio
 */
export function verdict(goal, ratio) {
  if (goal === undefined || ratio === undefined) return '';
  if (ratio >= goal[1]) return 'aim';
  return ratio >= goal[0] ? 'ok' : `short of ${digits(goal[0])}`;
}
