import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { connectRedis, type ConnectRedisOptions, type RedisPair } from '../../src/pubsub/redis.ts';
import { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { Line } from './line.ts';
import { Load } from './load.ts';
import type { Recorder } from './recorder.ts';

/** A Redis, and the connections of some processes, each over a line of its own. */
class World {
  readonly redis: RedisServer;
  readonly pairs: RedisPair[] = [];
  readonly lines: Line[] = [];

  private constructor(redis: RedisServer) {
    this.redis = redis;
  }

  static async start(processes: number, options: Partial<ConnectRedisOptions> = {}): Promise<World> {
    const world = new World(await RedisServer.start({ appendonly: true, config: { appendfsync: 'always' } }));
    for (let i = 0; i < processes; i++) {
      const line = await Line.to(world.redis.port);
      world.lines.push(line);
      world.pairs.push(connectRedis({ url: `redis://127.0.0.1:${line.port}`, ...options }));
    }
    await world.ready();
    return world;
  }

  async ready(): Promise<void> {
    await Promise.all(this.pairs.map((pair) => ready(pair)));
  }

  async load(): Promise<Load> {
    const load = new Load(this.pairs, 3);
    await load.start(2, 6, 20);
    await sleep(500);
    return load;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.pairs.map((pair) => pair.close()));
    await Promise.all(this.lines.map((line) => line.close()));
    await this.redis.close();
  }
}

async function ready({ backplane }: RedisPair, time = 15_000): Promise<number> {
  const start = performance.now();
  while (backplane.state !== 'ready' && performance.now() - start < time) await sleep(10);
  expect(backplane.state).toBe('ready');
  return performance.now() - start;
}

/** Whether it was told of a gap, and of more than a little behind it. */
const goesOn = ({ texts }: Recorder): boolean => texts.includes('gap') && texts.indexOf('gap') < texts.length - 5;

it.concurrent(
  'kill -9 under load, and back with its data: everything arrives, once, in one order',
  { timeout: 60_000 },
  async () => {
    await using world = await World.start(2);
    const { redis } = world;
    const load = await world.load();
    await redis.kill();
    await sleep(2_000);
    await redis.restart();
    await world.ready();
    await load.acknowledges(load.acknowledged.length + 100);
    await load.stop();
    load.expectAll();
  },
);

it.concurrent(
  'kill -9 under load, and back without its data: all are told of the gap, nothing comes twice',
  { timeout: 60_000 },
  async () => {
    await using world = await World.start(2);
    const { redis } = world;
    const load = await world.load();
    await redis.kill();
    await sleep(500);
    await redis.restart({ data: false });
    await until('all are told of the gap, and of what is behind it', () => load.members.every(goesOn), 30_000);
    await load.stop();
    load.expectOrdered();
    for (const { texts } of load.members) expect(texts.filter((text) => text === 'gap')).toHaveLength(1);
  },
);

it.concurrent('stopped for 8 s: nobody waits longer than agreed, everything arrives', { timeout: 60_000 }, async () => {
  await using world = await World.start(2, { patience: 2_000 });
  const { redis, pairs } = world;
  const load = await world.load();
  redis.freeze();
  const start = performance.now();
  await expect(pairs[0]?.log.append('x', 'y')).rejects.toMatchObject({ name: 'UnavailableError' });
  expect(performance.now() - start).toBeLessThan(3_000);
  await sleep(6_000);
  expect(pairs[0]?.backplane.state).toBe('away');
  redis.thaw();
  await world.ready();
  await load.stop();
  expect(load.refused).toBeGreaterThan(0);
  load.expectAll();
});

it.concurrent(
  'a line that is deaf but not cut is noticed within 10 s, and everything arrives',
  { timeout: 60_000 },
  async () => {
    await using world = await World.start(2);
    const { pairs, lines } = world;
    const load = await world.load();
    const [line] = lines;
    const [pair] = pairs;
    if (!line || !pair) throw new Error('no line');
    line.isDeaf = true;
    const start = performance.now();
    while (pair.backplane.state === 'ready') await sleep(10);
    expect(performance.now() - start).toBeLessThan(10_000);
    line.isDeaf = false;
    await ready(pair);
    await load.stop();
    load.expectAll();
  },
);

it.concurrent('twenty lost replies: nothing is stored twice', { timeout: 60_000 }, async () => {
  await using world = await World.start(2);
  const { redis, lines } = world;
  const load = await world.load();
  const [line] = lines;
  if (!line) throw new Error('no line');
  for (let i = 0; i < 20; i++) {
    line.repliesToLose = 1;
    await sleep(100);
    if (i % 5 === 0) line.cut();
  }
  line.repliesToLose = 0;
  await world.ready();
  await load.acknowledges(100);
  await load.stop();
  load.expectAll();
  const stored = Number(await redis.command('xlen', 'halyard:{channel-0}:log'));
  expect(stored).toBe(load.acknowledgedIn(0).length);
});

it.concurrent('a subscriber that Redis cuts because it does not read loses nothing', { timeout: 60_000 }, async () => {
  await using world = await World.start(1);
  const { redis, pairs } = world;
  await redis.command('config', 'set', 'client-output-buffer-limit', 'pubsub 1mb 0 0');
  const load = await world.load();
  const before = pairs[0]?.backplane.reconnects;
  await redis.command(
    'eval',
    `local s = string.rep('x', 1048576) for i = 1, 8 do redis.call('publish', 'halyard:channel-0 bell', s) end`,
    '0',
  );
  await until('it is back', () => pairs[0]!.backplane.reconnects > Number(before));
  await sleep(1_000);
  await load.stop();
  expect(pairs[0]?.backplane.reconnects).toBe(Number(before) + 1);
  load.expectAll();
});

it.concurrent('absent at the start: refuses, and is there as soon as Redis is', { timeout: 60_000 }, async () => {
  await using world = await World.start(0);
  const { redis, pairs } = world;
  await redis.kill();
  const pair = connectRedis({ url: redis.url, patience: 300 });
  pairs.push(pair);
  const load = new Load([pair], 1);
  await expect(pair.log.append('x', 'y')).rejects.toMatchObject({ name: 'UnavailableError' });
  await expect(pair.backplane.publish('x', 'y')).rejects.toMatchObject({ name: 'UnavailableError' });
  expect(pair.backplane.state).toBe('away');
  const starting = load.start(2, 2, 20);
  await sleep(300);
  await redis.restart();
  await starting;
  await load.acknowledges(5);
  await load.stop();
  load.expectAll();
});

it.concurrent('a loss that only one process can know of is told to all', { timeout: 60_000 }, async () => {
  await using world = await World.start(2);
  const { redis, pairs, lines } = world;
  const load = new Load(pairs, 1);
  await load.start(1, 0, 0);
  const [here, there] = pairs;
  if (!here || !there) throw new Error('no processes');
  const heard = (count: number): Promise<unknown> =>
    until(`${count} are heard`, () => load.members.every(({ texts }) => texts.length >= count));
  await here.log.append('channel-0', 'kept');
  await heard(1);
  // What a failover to a replica that lags does: the newest entry is gone, the rest is there.
  const { id } = await here.log.append('channel-0', 'lost');
  await heard(2);
  const meta = 'halyard:{channel-0}:meta';
  const stream = 'halyard:{channel-0}:log';
  const [kept = ''] = (await redis.command('xrange', stream, '-', '+', 'count', '1')).split('\n');
  await redis.command('xdel', stream, id.split('.')[1] ?? '');
  await redis.command('hset', meta, 'last', `${id.split('.')[0]}.${kept}`, 'count', '1');
  for (const line of lines) line.cut();
  await heard(3);
  await world.ready();
  await there.log.append('channel-0', 'after');
  await heard(4);
  await sleep(100);
  for (const { texts } of load.members) {
    expect(texts).toHaveLength(4);
    expect(texts[2]).toBe('gap');
  }
  await load.stop();
});
