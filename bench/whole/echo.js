import { against } from '../lib/goals.js';
import { runSocketCases } from '../lib/socket-cases.js';

const SERVERS = ['halyard', 'ws', 'ws + bufferutil', 'websocket', 'faye-websocket', 'bun', 'bare net'];

/**
 * @param {number} connections
 * @param {number} depth
 * @param {'text' | 'binary'} kind
 * @param {number} size
 * @param {string} written the size in words
 * @param {Partial<import('../lib/socket-cases.js').SocketCase>} more
 * @returns {import('../lib/socket-cases.js').SocketCase}
 */
const echoCase = (connections, depth, kind, size, written, more) => ({
  name: `echo ${connections.toLocaleString('en')} connections × ${depth} in flight × ${written} ${kind}`,
  variants: SERVERS,
  question: 'echo',
  connections,
  depth,
  message: { kind, size },
  ...more,
});

const pipelined = { ...against(15, 26), 'bare net': [1 / 3, 1 / 2] };
const pingPong = { ...against(1.07, 1.17), 'bare net': [1 / 1.1, 1 / 1.1] };
const large = { ws: [2.2, 3.3], 'ws + bufferutil': [0.95, 1.2] };

const cases = [
  echoCase(64, 1, 'text', 16, '16 B', { goals: pingPong }),
  echoCase(64, 1, 'text', 125, '125 B', { goals: pingPong, quick: true }),
  echoCase(64, 1, 'text', 1024, '1 KiB', { goals: pingPong }),
  echoCase(1000, 1, 'text', 125, '125 B', { goals: pingPong }),
  echoCase(64, 64, 'binary', 16, '16 B', { goals: pipelined }),
  echoCase(64, 64, 'text', 125, '125 B', { goals: pipelined, quick: true }),
  echoCase(64, 16, 'text', 1024, '1 KiB', { goals: against(4, 6) }),
  echoCase(64, 1, 'binary', 65_536, '64 KiB', { goals: large }),
  echoCase(64, 1, 'binary', 1_048_576, '1 MiB', { goals: large }),
];

/** @type {import('../lib/context.js').Bench} */
export const echo = {
  name: 'echo',
  about: 'messages sent back, by connections, messages in flight and size',
  unit: 'µs/message',
  run: (context) => runSocketCases(cases, context),
};
