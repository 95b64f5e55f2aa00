import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/child.js';
import { interleave } from '../lib/interleave.js';
import { hasRedis, startRedis } from '../lib/redis.js';
import { runCases } from '../lib/run-cases.js';

const RELAY = fileURLToPath(new URL('../servers/relay.js', import.meta.url));
const SHORTEST = { full: 3000, quick: 300 };

/** 'halyard' is the hub with its log in Redis, as the chat has it; 'bare ioredis' PUBLISH and nothing else. */
const VARIANTS = ['halyard', 'halyard without log', 'bare ioredis'];

const cases = [1000, 5000].map((rate) => ({
  name: `${rate.toLocaleString('en')} messages a second × 125 B in 10 rooms, two processes`,
  variants: VARIANTS,
  rate,
  quick: rate === 1000,
}));

/** @param {number} rate @param {readonly string[]} variants @param {import('../lib/settings.js').Settings} settings */
async function runCase(rate, variants, { quick, rounds, warmUp, duration: wanted }) {
  const duration = Math.max(quick ? SHORTEST.quick : SHORTEST.full, wanted);
  const redis = await startRedis();
  try {
    return await interleave(variants, rounds, async (variant) => {
      const publisher = startChild({ side: 'load', command: [process.execPath, RELAY] });
      const member = startChild({ side: 'measured', command: [process.execPath, RELAY] });
      const publish = async (/** @type {number} */ time) => {
        await member.ask('reset');
        const count = await publisher.ask('publish', { rate, duration: time });
        return { count, ...(await member.ask('arrivals', { count })) };
      };
      const cpu = async () => [await redis.cpu(), (await publisher.ask('usage')).cpu, (await member.ask('usage')).cpu];
      try {
        await member.ask('connect', { url: redis.url, variant, listens: true });
        await publisher.ask('connect', { url: redis.url, variant, listens: false });
        await publish(5 * warmUp);
        const before = await cpu();
        const { count, p50, p99 } = await publish(duration);
        const [redisCpu, publisherCpu, memberCpu] = (await cpu()).map((used, i) => (used - before[i]) / count);
        return { cost: p99, p50, redisCpu, publisherCpu, memberCpu };
      } finally {
        await Promise.all([publisher.stop(), member.stop()]);
      }
    });
  } finally {
    await redis.stop();
  }
}

/** @type {import('../lib/context.js').Bench} */
export const pubsub = {
  name: 'pubsub',
  about: 'from publishing in one process to a member in another, through Redis',
  unit: 'p99 ms',
  run: (context) =>
    runCases(cases, context, hasRedis, ({ rate }, variants) => runCase(rate, variants, context.settings)),
};
