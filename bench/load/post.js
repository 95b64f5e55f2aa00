import autocannon from 'autocannon';
import { frameCounter } from '../lib/wire.js';
import { until } from '../lib/until.js';
import { latencies } from './latency.js';

/** Milliseconds for what is still on its way. */
const PATIENCE = 10_000;

/**
 * Publishes over HTTP, each of a few connections when its last request was answered, while members listen; over when all have
 * heard everything.
 * @param {readonly import('./connection.js').Connection[]} members
 * @param {{ port: number, path: string, token: string, duration: number }} options milliseconds
 * @returns {Promise<{ p50: number, p99: number, rate: number, deliveries: number }>} milliseconds of a request
 */
export async function post(members, { port, path, token, duration }) {
  let deliveries = 0;
  for (const member of members) member.receive = frameCounter(() => void deliveries++);
  const times = latencies();
  const run = autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', text: 'hoist the main sail and let fly' }),
    connections: 10,
    duration: duration / 1000,
  });
  run.on('response', (_client, _status, _bytes, time) => times.record(time));
  const { non2xx, errors, duration: seconds, ...result } = await run;
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} refused, ${errors} failed`);
  const wanted = result.requests.total * members.length;
  await until(() => deliveries >= wanted, {
    within: PATIENCE,
    otherwise: () => `${deliveries} of ${wanted} arrived`,
  });
  return { ...times.figures(), rate: result.requests.total / seconds, deliveries };
}
