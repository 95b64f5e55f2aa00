import { against } from '../lib/goals.js';
import { runSocketCases } from '../lib/socket-cases.js';

const SERVERS = ['halyard', 'ws', 'ws + bufferutil', 'websocket', 'faye-websocket', 'bun'];

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const cases = [
  [16, 125, '125 B'],
  [64, 125, '125 B'],
  [64, 1024, '1 KiB'],
].map(([replies, size, written], i) => ({
  name: `${replies} sends of ${written} in one tick, 64 connections`,
  variants: SERVERS,
  question: 'echo',
  mode: 'sends',
  connections: 64,
  message: { kind: 'text', size: Number(size) },
  replies: Number(replies),
  goals: against(8, 25),
  quick: i === 0,
}));

/** @type {import('../lib/context.js').Bench} */
export const sends = {
  name: 'sends',
  about: 'many small messages sent on one connection in one tick',
  unit: 'µs/message',
  run: (context) => runSocketCases(cases, context),
};
