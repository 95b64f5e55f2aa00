import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/child.js';
import { interleave } from '../lib/interleave.js';
import { measure } from '../lib/measure.js';
import { runCases } from '../lib/run-cases.js';
import { startLoad } from '../lib/socket-cases.js';

const SERVER = fileURLToPath(new URL('../servers/workers.js', import.meta.url));
const WORKERS = { '1 process': 1, '2 workers': 2, '4 workers': 4 };
const SHORTEST = { full: 2000, quick: 200 };

const cases = [
  { name: 'a room of 1,000, 40 messages a second', members: 1000, rate: 40, quick: true },
  { name: 'a room of 50, 200 messages a second', members: 50, rate: 200, quick: false },
].map((one) => ({ ...one, variants: Object.keys(WORKERS) }));

/** @param {(typeof cases)[0]} one @param {readonly string[]} variants @param {import('../lib/settings.js').Settings} settings */
async function runCase({ members, rate }, variants, { quick, rounds, start, warmUp, duration: wanted }) {
  const duration = Math.max(quick ? SHORTEST.quick : SHORTEST.full, wanted);
  return interleave(variants, rounds, async (variant) => {
    const load = startLoad();
    const server = startChild({ side: 'measured', command: [process.execPath, SERVER] });
    try {
      const port = await server.ask('listen', { workers: WORKERS[variant] });
      const connections = { count: members, port };
      const plan = { question: 'room', connections, run: { rate }, warmUp: Math.max(start, warmUp), duration };
      const { cost, rate: perSecond, rss, busy, loadBusy } = await measure({ server, load }, plan);
      return { cost, perCpuSecond: 1e6 / cost, rate: perSecond, rss, busy, loadBusy };
    } finally {
      await Promise.all([load.stop(), server.stop()]);
    }
  });
}

/** @type {import('../lib/context.js').Bench} */
export const workers = {
  name: 'workers',
  about: 'one room of the chat in one process and in workers that share it through their primary; CPU of all together',
  unit: 'µs/delivery',
  run: (context) =>
    runCases(
      cases,
      context,
      () => true,
      (one, variants) => runCase(one, variants, context.settings),
    ),
};
