import { answer } from '../lib/answer.js';

/**
 * Runs one client under the control of the bench: it asks for a block of messages, counts them as strings, asks for
 * the next.
 *
 * @param {(url: string, onText: (text: string) => void) => Promise<(text: string) => void>} connect resolves with `send`
 */
export function receive(connect) {
  /** @type {(text: string) => void} */
  let send;
  /** @type {(text: string) => void} */
  let onText;
  answer({
    async connect({ port }) {
      send = await connect(`ws://127.0.0.1:${port}/`, (text) => onText(text));
    },
    /** `count`: messages of a block; `size`: of a message. Resolves with the CPU microseconds of a message. */
    receive: ({ count, size, duration }) =>
      new Promise((resolve, reject) => {
        const before = process.cpuUsage();
        const start = performance.now();
        let messages = 0;
        onText = (text) => {
          if (text.length !== size) reject(new Error(`a message of ${text.length} characters, not ${size}`));
          // A string may be put off until it is read: the last character has everybody make it.
          if (Number.isNaN(text.charCodeAt(size - 1))) reject(new Error('a message without its end'));
          if (++messages % count !== 0) return;
          const elapsed = performance.now() - start;
          if (elapsed < duration) return send('more');
          const { user, system } = process.cpuUsage(before);
          const cpu = user + system;
          const rate = (messages / elapsed) * 1000;
          resolve({ cost: cpu / messages, rate, busy: cpu / elapsed / 10, rss: process.memoryUsage().rss / 2 ** 20 });
        };
        send('more');
      }),
  });
}
