import { answerSize, buildBursts } from './messages.js';
import { latencies } from './latency.js';

/**
 * The first connection publishes `depth` messages in one write; when all members have received all of them, the next.
 *
 * @param {readonly import('./connection.js').Connection[]} members
 * @param {import('./echo.js').EchoRun} run
 * @returns as `echo`; a message is counted once per member
 */
export function broadcast(members, run) {
  const { depth, duration } = run;
  const [burst] = buildBursts(run, depth);
  const total = members.length * depth * answerSize(run, false);
  const times = latencies();
  const start = performance.now();
  let left = total;
  let messages = 0;
  let bytes = 0;
  let sentAt = 0;
  const publish = () => {
    sentAt = performance.now();
    members[0].socket.write(burst);
  };

  return new Promise((resolve, reject) => {
    const receive = (/** @type {Uint8Array} */ _, /** @type {number} */ length) => {
      left -= length;
      if (left > 0) return;
      if (left < 0) reject(new Error(`${-left} bytes more than were expected`));
      const now = performance.now();
      times.record(now - sentAt);
      messages += members.length * depth;
      bytes += total;
      left = total;
      if (now - start < duration) publish();
      else resolve({ messages, bytes, elapsed: now - start, ...times.figures() });
    };
    for (const member of members) {
      member.receive = receive;
      member.socket.removeAllListeners('close').on('close', () => reject(new Error('the server closed a connection')));
    }
    publish();
  });
}
