import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis, type ConnectRedisOptions, type RedisPair } from '../../src/pubsub/redis.ts';
import { RedisServer } from '../support/redis.ts';
import { backplaneContract } from './backplane.contract.ts';
import { logContract } from './message-log.contract.ts';

let redis: RedisServer;
let count = 0;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.close());

/** Connections of one more process, that are ready. */
export async function connected(options: Partial<ConnectRedisOptions> = {}): Promise<RedisPair> {
  const pair = connectRedis({ url: redis.url, prefix: `test${++count}:`, ...options });
  while (pair.backplane.state !== 'ready') await sleep(5);
  return pair;
}

describe('Redis backplane', () => {
  backplaneContract(async () => {
    const prefix = `test${++count}:`;
    const [here, there] = [await connected({ prefix }), await connected({ prefix })];
    return {
      backplanes: [here.backplane, there.backplane],
      close: async () => {
        await Promise.all([here.close(), there.close()]);
      },
    };
  });
});

describe('Redis log', () => {
  logContract(async (retention) => {
    const prefix = `test${++count}:`;
    const [here, there] = [await connected({ prefix, ...retention }), await connected({ prefix, ...retention })];
    return {
      log: here.log,
      other: there.log,
      backplane: here.backplane,
      close: async () => {
        await Promise.all([here.close(), there.close()]);
      },
    };
  });
});

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
