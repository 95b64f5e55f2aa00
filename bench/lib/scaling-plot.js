import { linePlot } from './line-plot.js';

/**
 * A line per variant over the `x` of the cases.
 * @param {{ title: string, x: string, y: string }} labels
 * @returns {(cases: import('./context.js').CaseResult[]) => string}
 */
export const scalingPlot = (labels) => (cases) => {
  /** @type {Record<string, (readonly [number, number])[]>} */
  const series = {};
  for (const { x, variants } of cases) {
    for (const [variant, { figures }] of Object.entries(variants)) {
      (series[variant] ??= []).push([Number(x), figures.cost.median]);
    }
  }
  return linePlot({ ...labels, series });
};
