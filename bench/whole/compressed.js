import { against } from '../lib/goals.js';
import { runSocketCases } from '../lib/socket-cases.js';

const SERVERS = ['halyard', 'ws', 'bun'];

/** @type {import('../lib/socket-cases.js').SocketCase[]} */
const cases = [
  ['context', 1, 'with context takeover', against(3, 7)],
  ['no context', 1, 'without context takeover', against(2, 4)],
].map(([deflate, depth, words, goals]) => ({
  name: `compressed echo 64 connections × ${depth} in flight × 1 KiB JSON, ${words}`,
  variants: SERVERS,
  question: 'echo',
  connections: 64,
  depth,
  message: { kind: 'json', size: 1024, deflate },
  goals,
  quick: true,
}));

/** @type {import('../lib/context.js').Bench} */
export const compressed = {
  name: 'compressed',
  about: 'echo with permessage-deflate; look at the bytes sent beside the CPU',
  unit: 'µs/message',
  run: (context) => runSocketCases(cases, context),
};
