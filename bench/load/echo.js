import { onLost } from './connection.js';
import { answerSize, buildBursts } from './messages.js';
import { countReplies } from './replies.js';
import { latencies } from './latency.js';

/**
 * Every connection sends a burst of `depth` messages, waits for all answers, and sends the next: the server gets the
 * same work in the same pieces, whoever it is. After `duration` no more bursts start, and those under way are awaited,
 * so that what is counted is exactly what the server has done. A duration of 0 is one burst each.
 *
 * @typedef {import('./messages.js').MessageShape & { depth: number, replies?: number, raw?: boolean, duration: number }} EchoRun
 * `replies`: answers per message; `raw`: answers are the client's own frames
 *
 * @param {readonly import('./connection.js').Connection[]} connections
 * @param {EchoRun} run
 * @returns {Promise<{ messages: number, elapsed: number, bytes: number, p50: number, p99: number }>}
 * messages answered, milliseconds, bytes received, latency of a burst in milliseconds
 */
export function echo(connections, run) {
  const { depth, replies = 1, raw = false, duration, deflate } = run;
  const bursts = buildBursts(run, depth);
  const expected = depth * replies;
  const size = deflate === undefined ? answerSize(run, raw) : undefined;
  const times = latencies();
  const start = performance.now();
  let messages = 0;
  let bytes = 0;
  let active = connections.length;

  return new Promise((resolve, reject) => {
    const finish = () => resolve({ messages, bytes, elapsed: performance.now() - start, ...times.figures() });
    for (const connection of connections) {
      const { socket } = connection;
      let sentAt = 0;
      const send = () => {
        sentAt = performance.now();
        socket.write(bursts[connection.turn]);
        connection.turn = (connection.turn + 1) % bursts.length;
      };
      const done = () => {
        const now = performance.now();
        times.record(now - sentAt);
        messages += expected;
        if (now - start < duration) send();
        else if (--active === 0) finish();
      };
      const count = countReplies({ expected, size, done });
      connection.receive = (chunk, length) => {
        bytes += length;
        try {
          count(chunk, length);
        } catch (error) {
          reject(error);
        }
      };
      onLost(connection, reject);
      send();
    }
  });
}
