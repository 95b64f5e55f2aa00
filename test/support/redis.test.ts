import { describe, expect, it } from 'vitest';
import { RedisCluster, RedisServer } from './redis.ts';

describe('a redis-server of the tests', () => {
  it('starts, answers, and is gone after close()', async () => {
    const redis = await RedisServer.start();
    expect(await redis.command('ping')).toBe('PONG');
    const { pid } = redis;
    await redis.close();
    expect(() => process.kill(pid as number, 0)).toThrow('ESRCH');
  });

  it('keeps its port and, if asked to, its data over kill -9', async () => {
    await using redis = await RedisServer.start({ appendonly: true, config: { appendfsync: 'always' } });
    await redis.command('set', 'a', '1');
    await redis.kill();
    await redis.restart();
    expect(await redis.command('get', 'a')).toBe('1');
    await redis.restart({ data: false });
    expect(await redis.command('exists', 'a')).toBe('0');
  });

  it('answers nothing while frozen, and ends in spite of it', async () => {
    await using redis = await RedisServer.start();
    redis.freeze();
    const answer = redis.command('ping');
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'silence'))]);
    expect(first).toBe('silence');
    redis.thaw();
    expect(await answer).toBe('PONG');
    redis.freeze();
  });

  it('asks for a password where the configuration has one', async () => {
    await using redis = await RedisServer.start({ config: { requirepass: 's3cret/?' } });
    expect(await redis.command('ping')).toBe('PONG');
    expect(redis.url).toBe(`redis://:s3cret%2F%3F@127.0.0.1:${redis.port}`);
  });
});

it('a cluster of three primaries and three replicas agrees on all slots', { timeout: 60_000 }, async () => {
  await using cluster = await RedisCluster.start({ replicas: true });
  for (const node of cluster.nodes) expect(await node.command('cluster', 'info')).toContain('cluster_slots_ok:16384');
  expect(await cluster.replicas[0]?.command('role')).toContain(String(cluster.primaries[0]?.port));
});
