import { expect, it } from 'vitest';
import { Client } from '../chat/client.ts';
import { DURABLE, Fleet } from '../support/chat-fleet.ts';
import { until } from '../support/until.ts';
import { WallClock } from '../support/wall-clock.ts';

const HOUR = 3_600;

it('the clock of servers and Redis jumps by an hour, and back: nobody notices', { timeout: 60_000 }, async () => {
  using clock = new WallClock();
  await using fleet = await Fleet.start({ env: { ...clock.env }, redis: { ...DURABLE, env: clock.env } });
  const { crowd, redis, servers } = fleet;
  /** Seconds by which everybody is ahead of us. */
  const isAhead = async (seconds: number): Promise<boolean> => {
    const times = await Promise.all(servers.map(async (server) => Date.parse(await server.date()) / 1_000));
    times.push(Number((await redis.command('time')).split('\n')[0]));
    return times.every((time) => Math.abs(time - Date.now() / 1_000 - seconds) < 60);
  };
  const client = await Client.open(servers[0]?.url ?? '');
  await client.join('elsewhere', 'ann', { secret: 'secret-of-ann-12345' });
  const { id } = await client.say('elsewhere', 'before', 'key');
  await fleet.talk();
  for (const jump of [HOUR, 0, -HOUR]) {
    clock.set(jump);
    await until('the clock has jumped', () => isAhead(jump));
    await fleet.talk();
    expect(await client.say('elsewhere', 'before', 'key')).toMatchObject({ id });
  }
  await crowd.settle();
  crowd.expectAll();
  expect(crowd.people.flatMap(({ closes, errors }) => [...closes, ...errors])).toEqual([]);
  expect(Math.max(...crowd.people.map(({ longestWay }) => longestWay))).toBeLessThan(2_000);
  expect(client.all.filter(({ type }) => type === 'message')).toHaveLength(1);
  await client.close();
  expect(servers.map(({ complaints }) => complaints)).toEqual(['', '']);
});
