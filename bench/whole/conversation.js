import { runSocketCases } from '../lib/socket-cases.js';

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const cases = [
  [10, 1],
  [64, 64],
  [1000, 20],
].map(([members, speakers]) => ({
  name: `${members.toLocaleString('en')} members hear ${speakers} of them × 125 B text`,
  variants: ['halyard', 'halyard, plain loop', 'ws', 'ws + bufferutil', 'websocket', 'faye-websocket', 'bun'],
  question: 'conversation',
  mode: 'broadcast',
  connections: members,
  speakers,
  message: { kind: 'text', size: 125 },
  quick: members === 64,
}));

/** @type {import('../lib/context.js').Bench} */
export const conversation = {
  name: 'conversation',
  about: 'a room in which several speak at once; CPU per member that a message reaches',
  unit: 'µs/delivery',
  run: (context) => runSocketCases(cases, context),
};
