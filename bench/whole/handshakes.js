import { against } from '../lib/goals.js';
import { runSocketCases } from '../lib/socket-cases.js';

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const cases = [
  {
    name: 'opening and closing handshake, 32 at a time',
    variants: ['halyard', 'ws', 'ws + bufferutil', 'websocket', 'faye-websocket', 'bun', 'bare node:http'],
    question: 'handshakes',
    concurrency: 32,
    // So much code takes part in a handshake that the compiler needs longer.
    starts: 4,
    goals: against(1.35, 1.75),
    quick: true,
  },
];

/** @type {import('../lib/context.js').Bench} */
export const handshakes = {
  name: 'handshakes',
  about: 'connections opened and closed as the RFC has it',
  unit: 'µs/connection',
  run: (context) => runSocketCases(cases, context),
};
