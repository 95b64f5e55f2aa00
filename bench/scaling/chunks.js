import { runMicroCases } from '../lib/micro-cases.js';
import { scalingPlot } from '../lib/scaling-plot.js';

const PARSE = new URL('../micro/parse.js', import.meta.url).href;
const SIZE = 131_072;

/** Chunks of 1 B to 64 KiB. */
const chunks = Array.from({ length: 9 }, (_, i) => 4 ** i);

const cases = chunks.map((chunk) => ({
  name: `128 KiB in chunks of ${chunk.toLocaleString('en')} B`,
  x: chunk,
  params: { kind: 'binary', size: SIZE, chunk, units: SIZE / chunk },
  variants: ['halyard'],
  quick: chunk === 1 || chunk === 4096,
}));

/** @type {import('../lib/context.js').Bench} */
export const chunksBench = {
  name: 'chunks',
  about: 'a chunk of 1 B to 64 KiB of one message: level while chunks are small, then by the bytes',
  unit: 'ns/chunk',
  run: (context) => runMicroCases(PARSE, cases, context),
  plot: scalingPlot({ title: 'Cost of a chunk of a message of 128 KiB', x: 'bytes of a chunk', y: 'ns/chunk' }),
};
