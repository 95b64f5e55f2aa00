import { runMicroCases } from '../lib/micro-cases.js';
import { scalingPlot } from '../lib/scaling-plot.js';

const PARSE = new URL('../micro/parse.js', import.meta.url).href;
const READ = 65_536;

/** 16 B to 64 MiB, four times more each. */
const sizes = Array.from({ length: 12 }, (_, i) => 16 * 4 ** i);

/** Small messages fill a read, as they do when many are under way. @param {number} size */
const messagesPerTurn = (size) => Math.max(1, Math.floor(READ / size));

const cases = sizes.map((size) => ({
  name: `messages of ${size.toLocaleString('en')} B`,
  x: size,
  params: { kind: 'binary', size, messages: messagesPerTurn(size), chunk: READ, units: size },
  quick: size === 1024 || size === 1_048_576,
}));

/** @type {import('../lib/context.js').Bench} */
export const sizesBench = {
  name: 'sizes',
  about: 'parsing a byte as messages grow from 16 B to 64 MiB: from some size on it must stay level',
  unit: 'ns/byte',
  run: (context) => runMicroCases(PARSE, cases, context),
  plot: scalingPlot({ title: 'Cost of a byte by size of the message', x: 'bytes of a message', y: 'ns/byte' }),
};
