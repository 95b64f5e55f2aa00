import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/child.js';
import { interleave } from '../lib/interleave.js';
import { runCases } from '../lib/run-cases.js';
import { startLoad } from '../lib/socket-cases.js';

const CHAT = fileURLToPath(new URL('../servers/chat.js', import.meta.url));

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
async function runCase(path, variants, { quick, rounds, duration }) {
  const load = startLoad();
  const chat = startChild({ side: 'measured', command: [process.execPath, CHAT] });
  try {
    const port = await chat.ask('listen');
    const run = { port, path, requests: REQUESTS, messages: 0, duration: Math.max(SHORTEST, duration) };
    await load.ask('chat', run);
    return await interleave(variants, quick ? 1 : rounds, async (variant) => {
      const { members, messages } = AUDIENCE[variant];
      await load.ask('open', { count: members, port });
      await chat.ask('watch');
      const before = await chat.ask('usage');
      const { p50, p99, rate, received } = await load.ask('chat', { ...run, messages });
      const after = await chat.ask('usage');
      const lateness = await chat.ask('lateness');
      await load.ask('close');
      const busy = (after.cpu - before.cpu) / run.duration / 10;
      return { cost: p99, p50, rate, received, ...lateness, busy, rss: after.rss / 2 ** 20 };
    });
  } finally {
    await Promise.all([load.stop(), chat.stop()]);
  }
}

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
