import { BASE } from './compare.js';
import { digits } from './table.js';

/** @typedef {{ name: string, about: string, unit: string, cases: import('./context.js').CaseResult[] }} BenchResult */

const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;

/** The limits of the platform are no peers: nobody can choose them. @param {string} variant */
const isPeer = (variant) => !variant.startsWith('bare ') && !variant.startsWith(BASE);

/** A median, how late the loop was where that was watched, and what it is to Halyard's. @param {import('./compare.js').Measured | undefined} measured */
function cell(measured) {
  if (measured === undefined) return '';
  const { figures, ratio } = measured;
  const late = figures.late99 === undefined ? '' : ` · ${digits(figures.late99.median)}`;
  const cost = digits(figures.cost.median) + late;
  return ratio === undefined || ratio.median === 1 ? cost : `${cost} (× ${digits(ratio.median)})`;
}

/** @param {readonly import('./context.js').CaseResult[]} cases */
const isWatched = (cases) =>
  cases.some(({ variants }) => Object.values(variants).some(({ figures }) => figures.late99));

/** One bench: its plot and a line per case. @param {BenchResult} result */
export function benchSection({ name, about, unit, cases }) {
  const variants = [...new Set(cases.flatMap((one) => Object.keys(one.variants)))];
  const rows = cases.map((one) => row([one.name, ...variants.map((variant) => cell(one.variants[variant]))]));
  return [
    `### ${name}: ${about}`,
    '',
    `![${name}](../bench/results/${name}.svg)`,
    '',
    row([isWatched(cases) ? `${unit} · loop p99 ms` : unit, ...variants]),
    row(['---', ...variants.map(() => '--:')]),
    ...rows,
    '',
  ].join('\n');
}

/** Every case in which a peer costs less. @param {readonly BenchResult[]} results */
export function losses(results) {
  const lost = results.flatMap(({ name, cases }) =>
    cases.flatMap((one) =>
      Object.entries(one.variants)
        .filter(([variant, { ratio }]) => isPeer(variant) && ratio !== undefined && ratio.median < 1)
        .map(([variant, { ratio }]) =>
          row([`${name}: ${one.name}`, variant, digits(ratio.median), `${digits(ratio.min)}–${digits(ratio.max)}`]),
        ),
    ),
  );
  if (lost.length === 0) return 'Nowhere in this run.\n';
  return [
    row(['case', 'who costs less', 'times of Halyard', 'range']),
    row(['---', '---', '--:', '--:']),
    ...lost,
    '',
  ].join('\n');
}
