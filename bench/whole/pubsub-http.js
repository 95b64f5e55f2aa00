import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/child.js';
import { interleave } from '../lib/interleave.js';
import { runCases } from '../lib/run-cases.js';
import { startLoad } from '../lib/socket-cases.js';

const CHAT = fileURLToPath(new URL('../servers/chat.js', import.meta.url));
const TOKEN = 'bench';
const MEMBERS = { 'nobody listens': 0, '1,000 sockets listen': 1000 };
/** autocannon counts in whole seconds. */
const SECOND = 1000;

const cases = [
  { name: '10 clients that post to the lobby, one message after another', variants: Object.keys(MEMBERS), quick: true },
];

/** @param {readonly string[]} variants @param {import('../lib/settings.js').Settings} settings */
async function runCase(variants, { quick, rounds, duration: wanted }) {
  const load = startLoad();
  const chat = startChild({ side: 'measured', command: [process.execPath, CHAT] });
  const duration = Math.ceil(wanted / SECOND) * SECOND;
  try {
    const port = await chat.ask('listen', { publishToken: TOKEN });
    const run = { port, path: '/rooms/lobby/messages', token: TOKEN, duration };
    await load.ask('post', run);
    return await interleave(variants, quick ? 1 : rounds, async (variant) => {
      await load.ask('open', { count: MEMBERS[variant], port });
      await chat.ask('watch');
      const before = await chat.ask('usage');
      const { p50, p99, rate, deliveries } = await load.ask('post', run);
      const after = await chat.ask('usage');
      const lateness = await chat.ask('lateness');
      await load.ask('close');
      const busy = (after.cpu - before.cpu) / duration / 10;
      return { cost: p99, p50, rate, deliveries: (deliveries / duration) * 1000, ...lateness, busy };
    });
  } finally {
    await Promise.all([load.stop(), chat.stop()]);
  }
}

/** @type {import('../lib/context.js').Bench} */
export const pubsubHttp = {
  name: 'pubsub-http',
  about: 'publishing with POST /rooms/:room/messages while sockets listen',
  unit: 'p99 ms',
  run: (context) =>
    runCases(
      cases,
      context,
      () => true,
      (_one, variants) => runCase(variants, context.settings),
    ),
};
