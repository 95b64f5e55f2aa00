import { runMicroCases } from '../lib/micro-cases.js';
import { scalingPlot } from '../lib/scaling-plot.js';

const PARSE = new URL('../micro/parse.js', import.meta.url).href;

/** 1 KiB to 64 KiB in chunks of one byte. */
const sizes = Array.from({ length: 4 }, (_, i) => 1024 * 4 ** i);

const cases = sizes.map((size) => ({
  name: `message of ${size.toLocaleString('en')} B byte by byte`,
  x: size,
  params: { kind: 'unicode', size, chunk: 1, units: size },
  variants: ['halyard'],
  quick: size === 4096,
}));

/** @type {import('../lib/context.js').Bench} */
export const dribbleBench = {
  name: 'dribble',
  about: 'text that arrives byte by byte as messages grow: a byte must not cost more',
  unit: 'ns/byte',
  run: (context) => runMicroCases(PARSE, cases, context),
  plot: scalingPlot({ title: 'Cost of a byte that arrives alone', x: 'bytes of a message', y: 'ns/byte' }),
};
