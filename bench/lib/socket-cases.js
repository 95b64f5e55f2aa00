import { fileURLToPath } from 'node:url';
import { servers, startServer } from '../servers/index.js';
import { startChild } from './child.js';
import { compare } from './compare.js';
import { interleave } from './interleave.js';
import { measure } from './measure.js';

const LOAD = fileURLToPath(new URL('../load/main.js', import.meta.url));

export const startLoad = () => startChild({ side: 'load', command: [process.execPath, LOAD] });

/**
 * @typedef {object} SocketCase
 * @property {string} name
 * @property {number} [x] where it lies in a plot of lines
 * @property {readonly string[]} variants keys of `servers`
 * @property {'echo' | 'broadcast' | 'handshakes'} question what the load does
 * @property {import('../servers/serve.js').Workload['mode']} [mode] what the server does; default 'echo'
 * @property {number} [connections] without it, the load opens its own
 * @property {import('../load/messages.js').MessageShape} [message]
 * @property {number} [depth] messages in flight on a connection
 * @property {number} [replies] answers to a message
 * @property {number} [concurrency] handshakes at a time
 * @property {boolean} [quick] part of a quick run
 * @property {import('./goals.js').Goals} [goals]
 */

/**
 * Measures the cases one after another, their variants in turns.
 *
 * @param {readonly SocketCase[]} cases
 * @param {import('./context.js').Context} context
 */
export async function runSocketCases(cases, { settings, selects, report }) {
  const results = [];
  for (const one of cases) {
    if (settings.quick && !one.quick) continue;
    const variants = one.variants.filter((variant) => selects(variant) && servers[variant].isAvailable());
    if (variants.length === 0 || !selects.case(one.name)) continue;
    const result = {
      name: one.name,
      x: one.x,
      goals: one.goals ?? {},
      variants: compare(await runCase(one, variants, settings)),
    };
    report(result);
    results.push(result);
  }
  return results;
}

/**
 * @param {SocketCase} one
 * @param {readonly string[]} variants
 * @param {import('./settings.js').Settings} settings
 */
async function runCase(one, variants, { rounds, start, warmUp, duration }) {
  const { question, mode = 'echo', connections, message = { kind: 'text', size: 125 } } = one;
  const { depth = 1, replies = 1, concurrency } = one;
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
          run: { port, concurrency, ...message, depth, replies, raw: mode === 'echo' && servers[variant].raw },
          warmUp: round === 0 ? start : warmUp,
          duration,
        },
      );
    });
  } catch (error) {
    throw new Error(`${one.name}: ${error.message}`, { cause: error });
  } finally {
    await Promise.all([load, ...[...started.values()].map(({ server }) => server)].map((child) => child.stop()));
  }
}
