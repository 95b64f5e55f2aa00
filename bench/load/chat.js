import autocannon from 'autocannon';
import { encodeFrame } from '../lib/wire.js';
import { latencies } from './latency.js';

const TEXT = 0x1;
/** The chat takes at most 20 messages a second from one connection. */
const SPEAKERS = 5;

const say = encodeFrame(Buffer.from(JSON.stringify({ handle: 'bench', text: 'hoist the main sail and let fly' })), {
  opcode: TEXT,
  key: [1, 2, 3, 4],
});

/** A few members speak in turn, `rate` messages a second altogether. Returns what stops them. */
function speak(/** @type {readonly import('./connection.js').Connection[]} */ members, /** @type {number} */ rate) {
  let turn = 0;
  const timer = setInterval(() => members[turn++ % SPEAKERS].socket.write(say), 1000 / rate);
  return () => clearInterval(timer);
}

/**
 * Requests at a steady rate, while members of the chat listen and some of them speak.
 * @param {readonly import('./connection.js').Connection[]} members
 * @param {{ port: number, path: string, requests: number, messages: number, duration: number }} options
 * `requests` and `messages`: a second; `duration`: milliseconds
 * @returns {Promise<{ p50: number, p99: number, rate: number, received: number }>}
 * milliseconds of a request; requests, and millions of bytes at the members, a second
 */
export async function chat(members, { port, path, requests, messages, duration }) {
  let bytes = 0;
  for (const member of members) member.receive = (_, length) => void (bytes += length);
  const hush = messages > 0 ? speak(members, messages) : () => {};
  const times = latencies();
  const url = `http://127.0.0.1:${port}${path}`;
  const run = autocannon({ url, connections: 10, overallRate: requests, duration: duration / 1000 });
  run.on('response', (_client, _status, _bytes, time) => times.record(time));
  const result = await run;
  hush();
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  return { ...times.figures(), rate: result.requests.total / result.duration, received: bytes / result.duration / 1e6 };
}
