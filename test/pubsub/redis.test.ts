import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, type ConnectRedisOptions, type RedisPair } from '../../src/pubsub/redis.ts';
import { RedisServer } from '../support/redis.ts';
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

redisContract('Redis', connected);

it('has two connections, however many channels and streams', async () => {
  const before = (await redis.command('client', 'list')).split('\n').length;
  const { backplane, log, close } = await connected();
  for (let i = 0; i < 50; i++) {
    await backplane.subscribe(`channel ${i}`, () => {});
    await log.append(`stream ${i}`, 'x');
  }
  expect((await redis.command('client', 'list')).split('\n').length - before).toBe(2);
  await close();
});
