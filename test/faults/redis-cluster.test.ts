import { afterAll, beforeAll, expect, it } from 'vitest';
import { Crowd, type Person } from '../chat/crowd.ts';
import { FleetServer } from '../support/chat-fleet.ts';
import { RedisCluster, type RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';

let cluster: RedisCluster;
let servers: FleetServer[];
let crowd: Crowd;
beforeAll(async () => {
  cluster = await RedisCluster.start({ replicas: true });
  // Through different nodes, of which one is about to die.
  const urls = cluster.primaries.slice(0, 2).map(({ url }) => url);
  servers = await Promise.all(urls.map((url) => FleetServer.start(['--redis-cluster'], { REDIS_URL: url })));
  crowd = await Crowd.join({ urls: servers.map(({ url }) => url) });
});
afterAll(async () => {
  crowd.leave();
  await Promise.all(servers.map((server) => server.end('SIGKILL')));
  await cluster.close();
});

function become(state: string, time: number): Promise<number> {
  const agree = async (): Promise<boolean> => {
    const states = await Promise.all(servers.map((server) => server.backplane()));
    return states.every((told) => told === state);
  };
  return until(`the backplane is ${state}`, agree, time);
}

/** Lets the crowd talk until so many messages more are acknowledged. */
async function talk(messages: number): Promise<void> {
  const before = crowd.acknowledged;
  crowd.talk();
  await until('the crowd is acknowledged', () => crowd.acknowledged >= before + messages);
}

/** Who is in a room that this node has. */
async function peopleOf(primary: RedisServer): Promise<Set<Person>> {
  const keys = (await primary.command('keys', '*')).split('\n');
  return new Set(crowd.people.filter(({ room }) => keys.includes(`halyard:{${room}}:log`)));
}

const gapsOf = ({ seen }: Person): number => seen.filter((id) => id === 'gap').length;

it(
  'a primary dies under load before its replica has everything: what was lost is told where it was, nothing is doubled',
  { timeout: 90_000 },
  async () => {
    const [, primary] = cluster.primaries;
    const [, replica] = cluster.replicas;
    if (!primary || !replica) throw new Error('no nodes');
    await talk(100);
    const affected = await peopleOf(primary);
    expect(affected.size).toBeGreaterThan(0);
    expect(affected.size).toBeLessThan(crowd.people.length);
    // What is stored between these and the end of the primary is nowhere else.
    replica.freeze();
    await primary.command('client', 'kill', 'type', 'replica');
    await talk(100);
    await primary.kill();
    replica.thaw();

    await become('away', 10_000);
    await become('ready', 30_000);
    await talk(100);
    await crowd.settle();
    crowd.expectOrdered();
    for (const person of crowd.people) expect(gapsOf(person)).toBe(affected.has(person) ? 1 : 0);
    expect(crowd.people.flatMap(({ closes }) => closes)).toEqual([]);
    expect(servers.map(({ complaints }) => complaints)).toEqual(['', '']);
  },
);
