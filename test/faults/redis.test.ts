import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Fleet, type FleetServer } from '../support/chat-fleet.ts';
import type { FaultLine } from '../support/fault-line.ts';
import { until } from '../support/until.ts';

const isFull = process.env['HALYARD_FULL'] === '1';

/** One fleet goes through all of it: at the end of each test everything has arrived, also of the tests before. */
let fleet: Fleet;
let lines: [FaultLine, FaultLine];
let servers: [FleetServer, FleetServer];
beforeAll(async () => {
  fleet = await Fleet.start();
  lines = [...fleet.lines] as typeof lines;
  servers = [...fleet.servers] as typeof servers;
});
afterAll(() => fleet.close());
beforeEach(() => fleet.talk());
afterEach(() => fleet.redis.thaw());

/** Everybody has everything, once, in one order; nobody's connection to the chat was touched. */
async function expectAll(): Promise<void> {
  await fleet.crowd.settle();
  fleet.crowd.expectAll();
  expect(fleet.crowd.people.flatMap(({ closes }) => closes)).toEqual([]);
  expect(servers.map(({ complaints }) => complaints)).toEqual(['', '']);
}

it('Redis stopped, and going on later: noticed, told to who talks, and made good', { timeout: 40_000 }, async () => {
  const { redis, crowd } = fleet;
  const start = performance.now();
  redis.freeze();
  expect(await fleet.become('away', 10_000)).toBeLessThan(10_000);
  const refused = (): string[] => crowd.people.flatMap(({ errors }) => errors);
  await until('senders are told', () => refused().length >= 20);
  expect(new Set(refused())).toEqual(new Set(['unavailable']));
  if (isFull) await sleep(10_000 - (performance.now() - start));
  redis.thaw();
  await fleet.become('ready', 5_000);
  await expectAll();
});

it(
  "the subscriber's line of one server and all of the other die without a word: both notice within 10 s",
  { timeout: 40_000 },
  async () => {
    for (const person of fleet.crowd.people) person.longestWay = 0;
    lines[0].silence('subscriber');
    lines[1].halfOpen();
    const times = await Promise.all(servers.map((server) => fleet.become('away', 10_000, [server])));
    expect(Math.max(...times)).toBeLessThan(10_000);
    await fleet.become('ready', 5_000);
    await expectAll();
    // Nobody heard anything later than that either.
    expect(Math.max(...fleet.crowd.people.map(({ longestWay }) => longestWay))).toBeLessThan(10_000);
  },
);

it('twenty replies of Redis are lost: nothing is stored twice', { timeout: 40_000 }, async () => {
  for (let i = 0; i < 20; i++) await lines[i % 2 === 0 ? 0 : 1].loseReply();
  await fleet.become('ready', 5_000);
  await expectAll();
});

it(
  'a subscriber that does not read is cut by Redis: it reads in the log what it missed',
  { timeout: 40_000 },
  async () => {
    const { redis } = fleet;
    const subscribers = async (): Promise<number> =>
      (await redis.command('client', 'list', 'type', 'pubsub')).match(/\bid=/g)?.length ?? 0;
    await redis.command('config', 'set', 'client-output-buffer-limit', 'pubsub 4mb 0 0');
    await until('each server subscribes once', async () => (await subscribers()) === 2);
    const release = lines[0].stall('subscriber');
    const isCut = async (): Promise<boolean> => {
      await redis.command('eval', `return redis.call('publish', 'halyard:room-0 bell', string.rep('x', 1048576))`, '0');
      return (await subscribers()) === 1;
    };
    await until('Redis cuts the subscriber', isCut);
    release();
    await until('it is back', async () => (await subscribers()) === 2);
    await fleet.become('ready', 5_000);
    await expectAll();
  },
);
