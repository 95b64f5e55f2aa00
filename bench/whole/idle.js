import { interleave } from '../lib/interleave.js';
import { runCases } from '../lib/run-cases.js';
import { startLoad } from '../lib/socket-cases.js';
import { servers, startServer } from '../servers/index.js';

/** Connections before the first look at the memory: code is loaded, pools are filled. */
const FIRST = 64;
/** Memory varies little. */
const ROUNDS = 3;
const CONNECTIONS = { full: 10_000, quick: 1000 };

const cases = [
  {
    name: 'idle after one message of 125 B',
    variants: ['halyard', 'ws', 'websocket', 'faye-websocket', 'bun', 'bare node:http'],
    message: { kind: 'text', size: 125 },
    quick: true,
    goals: { ws: [1 / 0.9, 1 / 0.8] },
  },
  {
    name: 'idle after one message of 1 KiB compressed both ways, context takeover',
    variants: ['halyard', 'ws', 'bun'],
    message: { kind: 'json', size: 1024, deflate: 'context' },
    quick: true,
    goals: { ws: [1 / 0.35, 1 / 0.2] },
  },
];

/**
 * Resident memory that each open connection adds to a fresh process.
 * @param {string} variant
 * @param {object} message
 * @param {number} count
 */
async function measureIdle(variant, message, count) {
  const load = startLoad();
  const server = startServer(variant);
  try {
    const port = await server.ask('listen', { mode: 'echo', count: 1, ...message });
    const run = { ...message, depth: 1, raw: servers[variant].raw ?? false, duration: 0 };
    await load.ask('open', { count: FIRST, port, deflate: message.deflate });
    await load.ask('echo', run);
    await load.ask('close');
    await server.ask('settle');
    const before = await server.ask('usage');
    await load.ask('open', { count, port, deflate: message.deflate });
    await load.ask('echo', run);
    await server.ask('settle');
    const after = await server.ask('usage');
    return { cost: (after.rss - before.rss) / 1024 / count, rss: after.rss / 2 ** 20 };
  } finally {
    await Promise.all([load.stop(), server.stop()]);
  }
}

/** @param {string} variant */
const isAvailable = (variant) => servers[variant].isAvailable();

/** @type {import('../lib/context.js').Bench} */
export const idle = {
  name: 'idle',
  about: 'resident memory of a connection that has spoken once and is silent now',
  unit: 'KiB/connection',
  run(context) {
    const { settings } = context;
    const count = settings.quick ? CONNECTIONS.quick : CONNECTIONS.full;
    const rounds = Math.min(settings.rounds, ROUNDS);
    return runCases(cases, context, isAvailable, ({ message }, variants) =>
      interleave(variants, rounds, (variant) => measureIdle(variant, message, count)),
    );
  },
};
