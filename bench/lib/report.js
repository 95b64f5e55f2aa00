import { verdict } from './goals.js';
import { digits, table } from './table.js';

/** Figures after the compared one, where a bench has them: title and how to write them. */
const FIGURES = {
  perCpuSecond: ['per CPU s', digits],
  rate: ['per s', digits],
  deliveries: ['deliveries/s', digits],
  p50: ['p50 ms', digits],
  p99: ['p99 ms', digits],
  received: ['MB/s', digits],
  late50: ['loop p50 ms', digits],
  late99: ['loop p99 ms', digits],
  lateMost: ['loop max ms', digits],
  redisCpu: ['redis µs', digits],
  publisherCpu: ['publisher µs', digits],
  memberCpu: ['member µs', digits],
  bytes: ['bytes', digits],
  rss: ['RSS MiB', (/** @type {number} */ value) => value.toFixed(0)],
  busy: ['busy', (/** @type {number} */ value) => `${value.toFixed(0)} %`],
  loadBusy: ['load busy', (/** @type {number} */ value) => `${value.toFixed(0)} %`],
};

/**
 * One case as a table: a line per variant, its figures as medians, the compared one with its whole range.
 * @param {import('./context.js').CaseResult} result
 * @param {string} unit
 */
export function caseTable({ name, goals, variants }, unit) {
  const present = new Set(Object.values(variants).flatMap(({ figures }) => Object.keys(figures)));
  const more = Object.keys(FIGURES).filter((figure) => present.has(figure));
  const rows = Object.entries(variants).map(([variant, { figures, ratio }]) => [
    variant,
    digits(figures.cost.median),
    `${digits(figures.cost.min)}–${digits(figures.cost.max)}`,
    ratio === undefined ? '' : `× ${digits(ratio.median)}`,
    ratio === undefined ? '' : `${digits(ratio.min)}–${digits(ratio.max)}`,
    verdict(goals[variant], ratio?.median),
    ...more.map((figure) => (figures[figure] === undefined ? '' : FIGURES[figure][1](figures[figure].median))),
  ]);
  const head = ['', unit, 'range', '÷ halyard', 'range', 'goal', ...more.map((figure) => FIGURES[figure][0])];
  return `\n${name}\n${table(head, rows)}`;
}

/**
 * The cases that fall short of their goals, one line each.
 * @param {readonly import('./context.js').CaseResult[]} results
 */
export function shortfalls(results) {
  return results.flatMap(({ name, goals, variants }) =>
    Object.entries(goals).flatMap(([variant, goal]) => {
      const ratio = variants[variant]?.ratio?.median;
      return ratio === undefined || ratio >= goal[0]
        ? []
        : [`${name}: ${variant} × ${digits(ratio)}, at least ${digits(goal[0])}`];
    }),
  );
}
