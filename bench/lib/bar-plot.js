import { BASE } from './compare.js';
import { digits } from './table.js';
import { colour, picture, rule, text } from './svg.js';

const LEFT = 150;
const RIGHT = 130;
const WIDTH = 860;
const BAR = 15;
const HEAD = 26;

/**
 * A group of bars per case, on one logarithmic scale: the figure of every variant and what it is to Halyard's.
 * @param {string} title
 * @param {string} unit
 * @param {readonly import('./context.js').CaseResult[]} cases
 */
export function barPlot(title, unit, cases) {
  const figures = cases.flatMap(({ variants }) => Object.values(variants).map(({ figures: { cost } }) => cost.median));
  const low = 10 ** Math.floor(Math.log10(Math.min(...figures) * 0.8));
  const high = Math.max(...figures);
  const scale = (/** @type {number} */ value) =>
    (Math.log(value / low) / Math.log(high / low || 10)) * (WIDTH - LEFT - RIGHT);

  const parts = [text(12, 22, `${title} (${unit}, logarithmic; shorter is better)`, 'class="title"')];
  let y = 46;
  for (const { name, variants } of cases) {
    parts.push(text(12, y + 12, name));
    y += HEAD - 6;
    for (const [variant, { figures: all, ratio }] of Object.entries(variants)) {
      const length = Math.max(1, scale(all.cost.median));
      const times = ratio === undefined || variant === BASE ? '' : ` (× ${digits(ratio.median)})`;
      parts.push(
        text(LEFT - 8, y + 11, variant, 'class="dim" text-anchor="end"'),
        `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 3}" fill="${colour(variant)}"/>`,
        text(LEFT + length + 6, y + 11, digits(all.cost.median) + times),
      );
      y += BAR;
    }
    y += 6;
    parts.push(rule(12, y, WIDTH - 12, y));
    y += 4;
  }
  return picture({ width: WIDTH, height: y + 8, title }, parts);
}
