import { scalingPlot } from '../lib/scaling-plot.js';
import { runSocketCases } from '../lib/socket-cases.js';

const counts = [1, 4, 16, 64, 256, 1000, 4000, 10_000];

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const cases = counts.map((connections) => ({
  name: `echo on ${connections.toLocaleString('en')} connections × 125 B text`,
  x: connections,
  variants: ['halyard', 'ws', 'bare net'],
  question: 'echo',
  connections,
  message: { kind: 'text', size: 125 },
  quick: connections === 16,
}));

/** @type {import('../lib/context.js').Bench} */
export const connectionsBench = {
  name: 'connections',
  about: 'an echo as connections grow from 1 to 10,000',
  unit: 'µs/message',
  run: (context) => runSocketCases(cases, context),
  plot: scalingPlot({ title: 'Cost of an echo by number of connections', x: 'connections', y: 'µs/message' }),
};
