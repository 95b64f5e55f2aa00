import { runMicroCases } from '../lib/micro-cases.js';
import { scalingPlot } from '../lib/scaling-plot.js';

const PARSE = new URL('../micro/parse.js', import.meta.url).href;
const FRAGMENT = 16;

/** 1 to 16,384, which is the most that ws accepts. */
const counts = Array.from({ length: 8 }, (_, i) => 4 ** i);

const cases = counts.map((fragments) => ({
  name: `message of ${fragments.toLocaleString('en')} fragments of ${FRAGMENT} B`,
  x: fragments,
  params: { kind: 'binary', size: fragments * FRAGMENT, fragments, chunk: 65_536, units: fragments },
  quick: fragments === 16 || fragments === 4096,
}));

/** @type {import('../lib/context.js').Bench} */
export const fragmentsBench = {
  name: 'fragments',
  about: 'a fragment as messages are cut into 1 to 16,384 of them: it must not grow',
  unit: 'ns/fragment',
  run: (context) => runMicroCases(PARSE, cases, context),
  plot: scalingPlot({ title: 'Cost of a fragment by their number', x: 'fragments of a message', y: 'ns/fragment' }),
};
