import { interleave } from '../lib/interleave.js';
import { runCases } from '../lib/run-cases.js';
import { withChat } from '../lib/watched-chat.js';

const TOKEN = 'bench';
const MEMBERS = { 'nobody listens': 0, '1,000 sockets listen': 1000 };
/** autocannon counts in whole seconds. */
const SECOND = 1000;

const cases = [
  { name: '10 clients that post to the lobby, one message after another', variants: Object.keys(MEMBERS), quick: true },
];

/** @param {readonly string[]} variants @param {import('../lib/settings.js').Settings} settings */
const runCase = (variants, { quick, rounds, duration: wanted }) =>
  withChat({ publishToken: TOKEN }, async ({ port, load, watch }) => {
    const duration = Math.ceil(wanted / SECOND) * SECOND;
    const run = { port, path: '/rooms/lobby/messages', token: TOKEN, duration };
    await load.ask('post', run);
    return interleave(variants, quick ? 1 : rounds, async (variant) => {
      const { p50, p99, rate, deliveries, ...seen } = await watch(MEMBERS[variant], duration, () =>
        load.ask('post', run),
      );
      return { cost: p99, p50, rate, deliveries: (deliveries / duration) * 1000, ...seen };
    });
  });

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
