import { digits } from './table.js';
import { colour, picture, rule, text } from './svg.js';

const WIDTH = 860;
const HEIGHT = 360;
const BOX = { left: 70, right: 170, top: 58, bottom: 50 };

/** Powers of `base` that cover the values. */
function ticks(/** @type {readonly number[]} */ values, /** @type {number} */ base) {
  const log = (/** @type {number} */ value) => Math.log(value) / Math.log(base);
  const first = Math.floor(log(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(log(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, i) => base ** (first + i));
}

/** @param {number} value @param {readonly number[]} scale @param {number} from @param {number} to */
const place = (value, scale, from, to) =>
  from + (Math.log(value / scale[0]) / Math.log(scale[scale.length - 1] / scale[0])) * (to - from);

/**
 * Lines on two logarithmic scales. A cost that does not grow with the work is a level line.
 * @param {{ title: string, x: string, y: string, series: Record<string, readonly (readonly [number, number])[]> }} plot
 */
export function linePlot({ title, x, y, series }) {
  const points = Object.values(series).flat();
  const across = ticks(
    points.map(([value]) => value),
    4,
  );
  const up = ticks(
    points.map(([, value]) => value),
    10,
  );
  const atX = (/** @type {number} */ value) => place(value, across, BOX.left, WIDTH - BOX.right);
  const atY = (/** @type {number} */ value) => place(value, up, HEIGHT - BOX.bottom, BOX.top);

  const parts = [
    text(12, 22, title, 'class="title"'),
    text(WIDTH - BOX.right, HEIGHT - 12, x, 'class="dim" text-anchor="end"'),
    text(12, 40, y, 'class="dim"'),
    ...up.map((value) => rule(BOX.left, atY(value), WIDTH - BOX.right, atY(value))),
    ...up.map((value) => text(BOX.left - 6, atY(value) + 4, digits(value), 'text-anchor="end"')),
    ...across.map((value) => text(atX(value), HEIGHT - BOX.bottom + 18, label(value), 'text-anchor="middle"')),
  ];
  Object.entries(series).forEach(([name, line], i) => {
    const path = line.map(([a, b]) => `${atX(a).toFixed(1)},${atY(b).toFixed(1)}`).join(' ');
    const legend = BOX.top + 12 + i * 20;
    parts.push(
      `<polyline points="${path}" fill="none" stroke="${colour(name)}" stroke-width="2"/>`,
      ...line.map(
        ([a, b]) => `<circle cx="${atX(a).toFixed(1)}" cy="${atY(b).toFixed(1)}" r="3" fill="${colour(name)}"/>`,
      ),
      `<rect x="${WIDTH - BOX.right + 16}" y="${legend - 9}" width="12" height="10" fill="${colour(name)}"/>`,
      text(WIDTH - BOX.right + 34, legend, name),
    );
  });
  return picture({ width: WIDTH, height: HEIGHT, title }, parts);
}

/** Sizes as programmers write them. @param {number} value */
function label(value) {
  if (value >= 2 ** 20) return `${value / 2 ** 20} Mi`;
  return value >= 1024 ? `${value / 1024} Ki` : String(value);
}
