import { onLost } from './connection.js';
import { answerSize, buildBursts } from './messages.js';
import { latencies } from './latency.js';

/**
 * The first `speakers` of the connections all speak, and everybody hears everybody: whoever has heard as many messages as there
 * are speakers says the next. After `duration` nobody says more, and what is under way is awaited.
 *
 * @param {readonly import('./connection.js').Connection[]} members
 * @param {import('./echo.js').EchoRun & { speakers: number }} run
 * @returns as `echo`; a message is counted once per member, and latency is from one's saying it to having heard all of a round
 */
export function conversation(members, run) {
  const { speakers, duration } = run;
  const [message] = buildBursts(run, 1);
  const size = answerSize(run, false);
  const times = latencies();
  const start = performance.now();
  let said = 0;
  let bytes = 0;

  const say = (/** @type {import('./connection.js').Connection} */ member) => {
    said++;
    member.socket.write(message);
    return performance.now();
  };

  return new Promise((resolve, reject) => {
    const arrive = (/** @type {number} */ length) => {
      bytes += length;
      const missing = said * members.length * size - bytes;
      if (missing < 0) reject(new Error(`${-missing} bytes more than were expected`));
      if (missing !== 0) return;
      const elapsed = performance.now() - start;
      resolve({ messages: said * members.length, bytes, elapsed, ...times.figures() });
    };
    members.forEach((member, i) => {
      // Who does not speak hears without an end.
      const round = i < speakers ? speakers * size : Infinity;
      let heard = 0;
      let saidAt = i < speakers ? say(member) : 0;
      member.receive = (_, length) => {
        heard += length;
        while (heard >= round) {
          heard -= round;
          const now = performance.now();
          times.record(now - saidAt);
          if (now - start < duration) saidAt = say(member);
        }
        arrive(length);
      };
      onLost(member, reject);
    });
  });
}
