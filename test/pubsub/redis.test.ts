import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, type ConnectRedisOptions, type RedisPair } from '../../src/pubsub/redis.ts';
import { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { freshPrefix, redisContract } from './redis.contract.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.close());

/** Connections of one more process, that are ready. */
async function connected(options: Partial<ConnectRedisOptions> = {}): Promise<RedisPair> {
  const pair = connectRedis({ url: redis.url, prefix: freshPrefix(), ...options });
  while (pair.backplane.state !== 'ready') await sleep(5);
  return pair;
}

/** Connections that Redis has, that of who asks among them. */
const clients = async (): Promise<number> => (await redis.command('client', 'list')).split('\n').length;

redisContract('Redis', connected);

it('has two connections, however many channels and streams', async () => {
  // Who was here before may not be gone yet: what is left is who asks.
  await until('nobody else is here', async () => (await clients()) === 1);
  const { backplane, log, close } = await connected();
  for (let i = 0; i < 50; i++) {
    await backplane.subscribe(`channel ${i}`, () => {});
    await log.append(`stream ${i}`, 'x');
  }
  expect(await clients()).toBe(1 + 2);
  await close();
});
