import { frameCounter } from '../lib/wire.js';
import { onLost } from './connection.js';
import { answerSize, buildBursts } from './messages.js';
import { latencies } from './latency.js';

/**
 * The first connection publishes `depth` messages in one write; when all members have received all of them, the next.
 * Arrivals are counted over all members: by their bytes, or, compressed, by their frames.
 *
 * @param {readonly import('./connection.js').Connection[]} members
 * @param {import('./echo.js').EchoRun} run
 * @returns as `echo`; a message is counted once per member
 */
export function broadcast(members, run) {
  const { depth, duration, deflate } = run;
  const bursts = buildBursts(run, depth);
  const deliveries = members.length * depth;
  const total = deflate === undefined ? deliveries * answerSize(run, false) : deliveries;
  const [publisher] = members;
  const times = latencies();
  const start = performance.now();
  let left = total;
  let messages = 0;
  let bytes = 0;
  let sentAt = 0;
  const publish = () => {
    sentAt = performance.now();
    publisher.socket.write(bursts[publisher.turn]);
    publisher.turn = (publisher.turn + 1) % bursts.length;
  };

  return new Promise((resolve, reject) => {
    const arrive = (/** @type {number} */ amount) => {
      left -= amount;
      if (left > 0) return;
      if (left < 0) reject(new Error(`${-left} more than were expected`));
      const now = performance.now();
      times.record(now - sentAt);
      messages += deliveries;
      left = total;
      if (now - start < duration) publish();
      else resolve({ messages, bytes, elapsed: now - start, ...times.figures() });
    };
    for (const member of members) {
      const countFrames = frameCounter(() => arrive(1));
      member.receive = (chunk, length) => {
        bytes += length;
        if (deflate === undefined) arrive(length);
        else countFrames(chunk, length);
      };
      onLost(member, reject);
    }
    publish();
  });
}
