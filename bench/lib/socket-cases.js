import { fileURLToPath } from 'node:url';
import { servers, startServer } from '../servers/index.js';
import { startChild } from './child.js';
import { interleave } from './interleave.js';
import { measure } from './measure.js';
import { runCases } from './run-cases.js';

const LOAD = fileURLToPath(new URL('../load/main.js', import.meta.url));

export const startLoad = () => startChild({ side: 'load', command: [process.execPath, LOAD] });

/**
 * @typedef {import('./run-cases.js').Case & Plan} SocketCase its variants are keys of `servers`
 *
 * @typedef {object} Plan
 * @property {'echo' | 'broadcast' | 'conversation' | 'handshakes'} question what the load does
 * @property {import('../servers/serve.js').Workload['mode']} [mode] what the server does; default 'echo'
 * @property {number} [connections] without it, the load opens its own
 * @property {import('../load/messages.js').MessageShape} [message]
 * @property {number} [depth] messages in flight on a connection
 * @property {number} [replies] answers to a message
 * @property {number} [speakers] how many of the connections speak at once
 * @property {number} [concurrency] handshakes at a time
 * @property {number} [starts] how many times longer than others it warms up
 */

/**
 * Measures the cases one after another, their variants in turns.
 *
 * @param {readonly SocketCase[]} cases
 * @param {import('./context.js').Context} context
 */
export const runSocketCases = (cases, context) =>
  runCases(
    cases,
    context,
    (variant) => servers[variant].isAvailable(),
    (one, variants) => runCase(one, variants, context.settings),
  );

/**
 * @param {SocketCase} one
 * @param {readonly string[]} variants
 * @param {import('./settings.js').Settings} settings
 */
async function runCase(one, variants, { rounds, start, warmUp, duration }) {
  const { question, mode = 'echo', connections, message = { kind: 'text', size: 125 } } = one;
  const { depth = 1, replies = 1, concurrency, speakers, starts = 1 } = one;
  const load = startLoad();
  /** @type {Map<string, { server: ReturnType<typeof startServer>, port: number }>} */
  const started = new Map();
  try {
    for (const variant of variants) {
      const server = startServer(variant);
      const workload = { mode, count: replies, size: message.size, deflate: message.deflate };
      started.set(variant, { server, port: await server.ask('listen', workload) });
    }
    for (const [variant, { port }] of started) {
      if (mode === 'echo' && !servers[variant].raw) await load.ask('verifyEcho', { port, ...message });
    }
    return await interleave(variants, rounds, async (variant, round) => {
      const { server, port } = started.get(variant);
      return measure(
        { server, load },
        {
          question,
          connections: connections && { count: connections, port, deflate: message.deflate },
          run: {
            port,
            concurrency,
            speakers,
            ...message,
            depth,
            replies,
            raw: mode === 'echo' && servers[variant].raw,
          },
          warmUp: round === 0 ? start * starts : warmUp,
          duration,
        },
      );
    });
  } finally {
    await Promise.all([load, ...[...started.values()].map(({ server }) => server)].map((child) => child.stop()));
  }
}
