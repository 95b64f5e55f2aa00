import { encodeFrame, frameCounter } from '../lib/wire.js';

const TEXT = 0x1;
/** Of one connection, a second: half of what the chat takes. */
const PACE = 10;
/** Milliseconds for what is still on its way. */
const PATIENCE = 20_000;

const say = encodeFrame(Buffer.from(JSON.stringify({ handle: 'bench', text: 'hoist the main sail and let fly' })), {
  opcode: TEXT,
  key: [1, 2, 3, 4],
});

/**
 * Members of the chat speak in turn; over when every member has heard everything.
 * @param {readonly import('./connection.js').Connection[]} members
 * @param {{ rate: number, duration: number }} options messages a second of all together, milliseconds
 * @returns {Promise<{ messages: number, elapsed: number }>} a message is counted once per member
 */
export function room(members, { rate, duration }) {
  const speakers = Math.ceil(rate / PACE);
  const count = Math.ceil((rate * duration) / 1000);
  const messages = count * members.length;
  const start = performance.now();
  return new Promise((resolve, reject) => {
    let left = messages;
    let said = 0;
    const late = setTimeout(
      () => reject(new Error(`${left} of ${messages} did not arrive`)),
      duration + PATIENCE,
    ).unref();
    const arrive = () => {
      if (--left > 0) return;
      clearTimeout(late);
      resolve({ messages, elapsed: performance.now() - start });
    };
    for (const member of members) member.receive = frameCounter(arrive);
    const timer = setInterval(() => {
      const due = Math.min(count, Math.ceil(((performance.now() - start) * rate) / 1000));
      while (said < due) members[said++ % speakers].socket.write(say);
      if (said === count) clearInterval(timer);
    }, 1000 / rate);
  });
}
