import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { slotOf } from '../../src/pubsub/redis-slots.ts';
import { connectRedis, type ConnectRedisOptions, type RedisPair } from '../../src/pubsub/redis.ts';
import { RedisCluster } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { Load } from './load.ts';
import { freshPrefix, redisContract } from './redis.contract.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start({ replicas: true });
});
afterAll(() => cluster.close());

/** Connections of one more process, that are ready. */
async function connected(options: Partial<ConnectRedisOptions> = {}): Promise<RedisPair> {
  const url = cluster.primaries[0]?.url ?? '';
  const pair = connectRedis({ url, isCluster: true, prefix: freshPrefix(), ...options });
  while (pair.backplane.state !== 'ready') await sleep(5);
  return pair;
}

redisContract('Redis Cluster', connected);

it.each(['a', '123456789', 'halyard:{lobby}:log', '{}x', '{x', 'x}', 'a{b}{c}', 'ü👋'])(
  'the slot of %s is the one that Redis says',
  async (key) => {
    expect(slotOf(key)).toBe(Number(await cluster.primaries[0]?.command('cluster', 'keyslot', key)));
  },
);

it('has two connections to each primary and one to ask for the slots, and each channel on one node only', async () => {
  const clients = async (): Promise<number> => {
    const lists = await Promise.all(cluster.primaries.map((node) => node.command('client', 'list', 'type', 'normal')));
    const pubsub = await Promise.all(cluster.primaries.map((node) => node.command('client', 'list', 'type', 'pubsub')));
    return [...lists, ...pubsub]
      .join('\n')
      .split('\n')
      .filter((line) => line.includes('id=')).length;
  };
  // Who was here before may not be gone yet: what is left is who asks, once on each node.
  await until('nobody else is here', async () => (await clients()) === 3);
  const prefix = freshPrefix();
  const { backplane, log, close } = await connected({ prefix });
  for (let i = 0; i < 40; i++) {
    await backplane.subscribe(`channel${i}`, () => {});
    await log.append(`stream${i}`, 'x');
  }
  expect(await clients()).toBe(3 + 7);
  const channels = await Promise.all(
    cluster.primaries.map(async (node) => (await node.command('pubsub', 'shardchannels', `${prefix}*`)).split('\n')),
  );
  expect(channels.map((list) => list.length).every((length) => length > 3)).toBe(true);
  expect(channels.flat()).toHaveLength(40);
  await close();
});

it(
  'a primary dies under load and its replica takes over: nothing doubled, what Redis lost is told',
  { timeout: 90_000 },
  async () => {
    const prefix = freshPrefix();
    const pairs = [await connected({ prefix }), await connected({ prefix })];
    const load = new Load(pairs, 6);
    await load.start(1, 6, 20);
    await sleep(1_000);
    const acknowledged = load.acknowledged.length;
    await cluster.primaries[1]?.kill();
    await sleep(1_000);
    const areReady = (): boolean => pairs.every(({ backplane }) => backplane.state === 'ready');
    await until('the replica has taken over', areReady, 40_000);
    await load.acknowledges(acknowledged + 100);
    await load.stop();
    expect(pairs.map(({ backplane }) => backplane.state)).toEqual(['ready', 'ready']);
    load.expectOrdered();
    await Promise.all(pairs.map((pair) => pair.close()));
  },
);
