import { against } from '../lib/goals.js';
import { runSocketCases } from '../lib/socket-cases.js';

const SERVERS = [
  'halyard',
  'halyard, plain loop',
  'ws',
  'ws + bufferutil',
  'websocket',
  'faye-websocket',
  'bun',
  'bare net',
];

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const plain = [
  [1000, 1],
  [1000, 16],
  [10_000, 1],
  [10_000, 16],
].map(([members, depth], i) => ({
  name: `broadcast to ${members.toLocaleString('en')} members, ${depth} in flight × 125 B text`,
  variants: SERVERS,
  question: 'broadcast',
  mode: 'broadcast',
  connections: members,
  depth,
  message: { kind: 'text', size: 125 },
  goals: depth === 1 ? against(1.08, 1.15) : against(12, 19),
  quick: i === 1,
}));

/** @type {import('../lib/socket-cases.js').SocketCase} */
const compressed = {
  name: 'broadcast to 1,000 members, 1 in flight × 1 KiB JSON, compressed',
  variants: ['halyard', 'ws', 'bun'],
  question: 'broadcast',
  mode: 'broadcast',
  connections: 1000,
  message: { kind: 'json', size: 1024, deflate: 'context' },
  goals: { ws: [5, 20] },
  quick: true,
};

/** @type {import('../lib/context.js').Bench} */
export const broadcast = {
  name: 'broadcast',
  about: 'one message to all connections; CPU per member it reaches',
  unit: 'µs/delivery',
  run: (context) => runSocketCases([...plain, compressed], context),
};
