/**
 * What a bench is given to run.
 * @typedef {object} Context
 * @property {import('./settings.js').Settings} settings
 * @property {((variant: string) => boolean) & { case(name: string): boolean }} selects what the command line asks for
 * @property {(result: CaseResult) => void} report shows a case as soon as it is measured
 * @property {(name: string, error: Error) => void} fail tells of a case that could not be measured
 *
 * @typedef {{ name: string, x?: number, goals: import('./goals.js').Goals, variants: Record<string, import('./compare.js').Measured> }} CaseResult
 *
 * @typedef {object} Bench
 * @property {string} name
 * @property {string} about
 * @property {string} unit of the figure that is compared: `cost`, the smaller the better
 * @property {(context: Context) => Promise<CaseResult[]>} run
 * @property {(results: CaseResult[]) => string} [plot] an SVG; bars by default
 */

/**
 * @param {{ variants: readonly string[], cases: readonly string[] }} wanted parts of names; nothing selects everything
 * @returns {Context['selects']}
 */
export function selection({ variants, cases }) {
  const selects = (/** @type {string} */ variant) => variants.length === 0 || variants.includes(variant);
  const has = (/** @type {string} */ name) => cases.length === 0 || cases.some((part) => name.includes(part));
  return Object.assign(selects, { case: has });
}
