import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Client } from '../chat/client.ts';
import { Crowd, type CrowdOptions } from '../chat/crowd.ts';
import { Line } from '../pubsub/line.ts';
import { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { Command } from './command.ts';

const DURABLE = { appendonly: true, config: { appendfsync: 'always' } };

/** A Redis, two servers on it over a line each, and a crowd on both. */
class World {
  readonly redis: RedisServer;
  readonly lines: readonly Line[];
  readonly servers: readonly Command[];
  readonly crowd: Crowd;

  private constructor(redis: RedisServer, lines: readonly Line[], servers: readonly Command[], crowd: Crowd) {
    this.redis = redis;
    this.lines = lines;
    this.servers = servers;
    this.crowd = crowd;
  }

  static async start(options: Partial<CrowdOptions> = {}): Promise<World> {
    const redis = await RedisServer.start(DURABLE);
    const lines = await Promise.all([Line.to(redis.port), Line.to(redis.port)]);
    const servers = await Promise.all(
      lines.map(({ port }) => Command.chat([], { REDIS_URL: `redis://127.0.0.1:${port}` })),
    );
    const crowd = await Crowd.join({ urls: servers.map(({ ws }) => ws), ...options });
    crowd.talk();
    await sleep(500);
    return new World(redis, lines, servers, crowd);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.crowd.leave();
    await Promise.all(this.servers.map((server) => server.kill()));
    await Promise.all(this.lines.map((line) => line.close()));
    await this.redis.close();
  }
}

async function health({ http }: Command): Promise<{ readonly backplane?: string }> {
  return (await (await fetch(`${http}/healthz`)).json()) as { backplane?: string };
}

it.concurrent(
  'Redis killed under load, and back after 5 s with its data: everybody gets everything',
  { timeout: 90_000 },
  async () => {
    await using world = await World.start();
    const { redis, crowd, servers } = world;
    await redis.kill();
    await sleep(1_000);
    expect(await health(servers[0] as Command)).toMatchObject({ ready: true, backplane: 'away' });
    await sleep(4_000);
    await redis.restart();
    await sleep(1_000);
    // However few of them a busy machine lets say something in a second.
    await until('the crowd is acknowledged', () => crowd.acknowledged > 300, 40_000);
    await crowd.settle();
    crowd.expectAll();
    expect(crowd.people.every(({ closes }) => closes.length === 0)).toBe(true);
    for (const { err } of servers) expect(err.replace(/^Redis is away \([A-Z]+\): .*\n/gm, '')).toBe('');
  },
);

it.concurrent(
  'Redis killed under load, and back without its data: everybody is told of the gap, nothing is doubled',
  { timeout: 90_000 },
  async () => {
    await using world = await World.start();
    const { redis, crowd } = world;
    await redis.kill();
    await sleep(1_000);
    await redis.restart({ data: false });
    await until('all are told of the gap', () => crowd.people.every(({ seen }) => seen.includes('gap')));
    await sleep(1_500);
    await crowd.settle();
    crowd.expectOrdered();
    for (const { seen } of crowd.people) expect(seen.filter((id) => id === 'gap')).toHaveLength(1);
  },
);

it.concurrent('a server killed under load: its clients go on at the other one', { timeout: 90_000 }, async () => {
  await using world = await World.start();
  const { crowd, servers } = world;
  await servers[0]?.kill();
  await sleep(1_500);
  await crowd.settle();
  crowd.expectAll();
  await sleep(7_000);
  const late = await Client.open(servers[1]?.ws ?? '');
  expect((await late.join('room-0', 'late'))['people']).toHaveLength(21);
  await late.close();
});

it.concurrent('every client cut at random, again and again: nobody misses anything', { timeout: 90_000 }, async () => {
  await using world = await World.start();
  const { crowd } = world;
  for (let i = 0; i < 60; i++) {
    for (const person of crowd.people) if (Math.random() < 0.02) person.cut();
    await sleep(100);
  }
  await crowd.settle();
  expect(crowd.people.filter(({ closes }) => closes.length > 0).length).toBeGreaterThan(100);
  crowd.expectAll();
});

it.concurrent(
  'the line of one server to Redis goes dead without being cut: it is noticed within 10 s',
  { timeout: 90_000 },
  async () => {
    await using world = await World.start();
    const { crowd, servers, lines } = world;
    const [line] = lines;
    if (!line) throw new Error('no line');
    line.isDeaf = true;
    line.isMute = true;
    const start = performance.now();
    while ((await health(servers[0] as Command)).backplane === 'ready') await sleep(50);
    expect(performance.now() - start).toBeLessThan(10_000);
    line.isDeaf = false;
    line.isMute = false;
    await sleep(2_000);
    await crowd.settle();
    crowd.expectAll();
  },
);

it.concurrent(
  'Redis absent at the start: page and people are there, messages are refused until it is',
  { timeout: 60_000 },
  async () => {
    await using redis = await RedisServer.start(DURABLE);
    await redis.kill();
    await using server = await Command.chat([], { REDIS_URL: redis.url });
    expect((await fetch(server.http)).status).toBe(200);
    expect(await health(server)).toMatchObject({ live: true, ready: true, backplane: 'away' });
    const [ann, bob] = [await Client.open(server.ws), await Client.open(server.ws)];
    await ann.join('lobby', 'ann');
    expect(await bob.join('lobby', 'bob')).toMatchObject({ people: [{ name: 'ann' }, { name: 'bob' }], more: true });
    ann.send({ type: 'say', room: 'lobby', key: 'k', text: 'x' });
    await new Promise((resolve) => setTimeout(resolve, 5_200));
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', key: 'k', retryAfter: expect.any(Number) });
    await redis.restart();
    expect(await ann.next('history')).toMatchObject({ more: false });
    expect(await bob.next('history')).toMatchObject({ more: false });
    const { id } = await ann.say('lobby', 'x', 'k');
    expect(await bob.next('message')).toMatchObject({ id, text: 'x' });
    expect(await health(server)).toMatchObject({ backplane: 'ready' });
    await Promise.all([ann.close(), bob.close()]);
  },
);

it(
  'SIGTERM with 1,000 clients under load: all are told, closed with 1001 over a while, and lose nothing',
  { timeout: 90_000 },
  async () => {
    await using world = await World.start({ size: 1_000 });
    const { crowd, servers } = world;
    const start = performance.now();
    expect(await servers[0]?.kill('SIGTERM')).toBe(0);
    expect(performance.now() - start).toBeLessThan(12_000);
    await crowd.settle(40_000);
    crowd.expectAll();
    const told = crowd.people.filter(({ closes }) => closes.length > 0);
    expect(told.length).toBeGreaterThan(300);
    for (const { closes, notices } of told) expect([closes, notices]).toEqual([[1001], 1]);
  },
);
