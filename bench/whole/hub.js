import { runSocketCases } from '../lib/socket-cases.js';

const SERVERS = ['halyard', 'halyard hub', 'halyard hub with log', 'halyard, plain loop', 'ws'];

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const cases = [10, 1000].map((members) => ({
  name: `${members.toLocaleString('en')} members, 1 in flight × 125 B text`,
  variants: SERVERS,
  question: 'broadcast',
  mode: 'broadcast',
  connections: members,
  message: { kind: 'text', size: 125 },
  quick: members === 1000,
}));

/** @type {import('../lib/context.js').Bench} */
export const hub = {
  name: 'hub',
  about: 'what the hub and its log add to sending one prepared message to all; CPU per member it reaches',
  unit: 'µs/delivery',
  run: (context) => runSocketCases(cases, context),
};
