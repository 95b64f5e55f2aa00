import { compare } from './compare.js';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {readonly string[]} variants
 * @property {number} [x] where it lies in a plot of lines
 * @property {boolean} [quick] part of a quick run
 * @property {import('./goals.js').Goals} [goals]
 */

/**
 * Measures one case after another; one that fails is told, and the others go on.
 *
 * @template {Case} C
 * @param {readonly C[]} cases
 * @param {import('./context.js').Context} context
 * @param {(variant: string) => boolean} isAvailable
 * @param {(one: C, variants: readonly string[]) => Promise<Record<string, import('./compare.js').Sample[]>>} measure
 * @returns {Promise<import('./context.js').CaseResult[]>}
 */
export async function runCases(cases, { settings, selects, report, fail }, isAvailable, measure) {
  const results = [];
  for (const one of cases) {
    const { name, x, goals = {} } = one;
    if ((settings.quick && !one.quick) || !selects.case(name)) continue;
    const variants = one.variants.filter((variant) => selects(variant) && isAvailable(variant));
    if (variants.length === 0) continue;
    try {
      const result = { name, x, goals, variants: compare(await measure(one, variants)) };
      report(result);
      results.push(result);
    } catch (error) {
      fail(name, error);
    }
  }
  return results;
}
