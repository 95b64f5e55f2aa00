import { interleave } from '../lib/interleave.js';
import { runCases } from '../lib/run-cases.js';
import { withChat } from '../lib/watched-chat.js';

/** Who listens and how many messages a second they get meanwhile. */
const AUDIENCE = {
  'nobody chats': { members: 0, messages: 0 },
  '1,000 silent members': { members: 1000, messages: 0 },
  '1,000 members, 20 messages a second': { members: 1000, messages: 20 },
};
const REQUESTS = 200;
/** autocannon counts in whole seconds. */
const SHORTEST = 1000;

const cases = [
  { name: 'the page of the chat, 200 requests a second', path: '/', variants: Object.keys(AUDIENCE), quick: true },
];

/** @param {string} path @param {readonly string[]} variants @param {import('../lib/settings.js').Settings} settings */
const runCase = (path, variants, { quick, rounds, duration: wanted }) =>
  withChat({}, async ({ port, load, watch }) => {
    const duration = Math.max(SHORTEST, wanted);
    const run = { port, path, requests: REQUESTS, messages: 0, duration };
    await load.ask('chat', run);
    return interleave(variants, quick ? 1 : rounds, async (variant) => {
      const { members, messages } = AUDIENCE[variant];
      const { p50, p99, rate, received, ...seen } = await watch(members, duration, () =>
        load.ask('chat', { ...run, messages }),
      );
      return { cost: p99, p50, rate, received, ...seen };
    });
  });

/** @type {import('../lib/context.js').Bench} */
export const http = {
  name: 'http',
  about: 'the pages of the chat while it broadcasts, and how late its event loop is',
  unit: 'p99 ms',
  run: (context) =>
    runCases(
      cases,
      context,
      () => true,
      ({ path }, variants) => runCase(path, variants, context.settings),
    ),
};
