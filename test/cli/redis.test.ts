import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis } from '../../src/pubsub/connect-redis.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { Client, type Message } from '../chat/client.ts';
import { RedisCluster, RedisServer } from '../support/redis.ts';
import { Command } from './command.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start({ config: { requirepass: 's3cret/?' } });
});
afterAll(() => redis.close());

/**
 * A chat listens before it has reached Redis: until then it neither knows who is elsewhere nor hears what is published. Workers
 * take connections in turn, so that a few answers are those of all.
 */
async function joinedRedis(...chats: readonly Command[]): Promise<void> {
  for (const { http } of chats) {
    for (let ready = 0; ready < 4;) {
      const response = await fetch(`${http}/healthz`, { headers: { connection: 'close' } });
      const { backplane } = (await response.json()) as { backplane: string };
      ready = backplane === 'ready' ? ready + 1 : 0;
      if (ready === 0) await sleep(10);
    }
  }
}

/**
 * Joins, and waits for what was said before: the log has a connection of its own, and who joins before that is there gets
 * the history later, and in it what is said meanwhile.
 */
async function joinLive(client: Client, room: string, name: string): Promise<Message> {
  const joined = await client.join(room, name);
  if (joined['more'] === true) await client.next('history');
  return joined;
}

it('a chat that finds its port taken ends, although it has reached Redis', async () => {
  await using first = await Command.chat();
  const port = new URL(first.http).port;
  await using second = new Command(['chat', '--port', port, '--host', '127.0.0.1', '--redis', redis.url]);
  expect(await second.exit()).toBe(1);
  expect(second.err).toContain('EADDRINUSE');
});

it.each(['REDIS_URL', 'REDISCLOUD_URL', 'REDIS_TLS_URL'])('servers that share %s are one chat', async (name) => {
  const env = { [name]: redis.url, REDIS_PREFIX: `${name}:` };
  await using here = await Command.chat([], env);
  await using there = await Command.chat(['--workers', '2'], env);
  await joinedRedis(here, there);
  const [ann, bob] = [await Client.open(here.ws), await Client.open(there.ws)];
  await joinLive(ann, 'lobby', 'ann');
  expect(await joinLive(bob, 'lobby', 'bob')).toMatchObject({ people: [{ name: 'ann' }, { name: 'bob' }] });
  expect(await ann.next('presence')).toMatchObject({ event: 'join', name: 'bob' });
  const { id } = await ann.say('lobby', 'hi');
  expect(await bob.next('message')).toMatchObject({ id, text: 'hi' });
  await Promise.all([ann.close(), bob.close()]);
  expect(await here.kill('SIGTERM')).toBe(0);
  expect(await there.kill('SIGTERM')).toBe(0);
});

it('other programs publish through halyard/pubsub, or with redis-cli, or on a channel of their own', async () => {
  const env = { REDIS_URL: redis.url, REDIS_PREFIX: 'p:' };
  await using plain = await Command.chat([], env);
  await joinedRedis(plain);
  const ann = await Client.open(plain.ws);
  await joinLive(ann, 'lobby', 'ann');
  const { backplane, log, close } = await connectRedis({ url: redis.url, prefix: 'p:' });
  while (backplane.state !== 'ready') await new Promise((resolve) => setTimeout(resolve, 5));
  const hub = new Hub({ backplane, log });
  const published = await hub.publish('lobby', JSON.stringify({ name: 'cron', text: 'tick', time: 1 }));
  expect(await ann.next('message')).toMatchObject({ id: published?.id, name: 'cron', text: 'tick' });
  await redis.command('publish', 'p:lobby', 'just text');
  expect(await ann.next('message')).toMatchObject({ name: 'server', text: 'just text' });
  await Promise.all([hub.close(), close(), ann.close()]);

  await using classic = await Command.chat([], { ...env, REDIS_CHANNEL: 'chat-demo' });
  await joinedRedis(classic);
  const bare = await Client.open(classic.ws.replace('/chat', '/'));
  // Bare clients have no history: they hear what comes when their room has read its own.
  while (bare.all.length === 0) {
    await redis.command('publish', 'chat-demo', '{"handle":"old","text":"<b>"}');
    await sleep(50);
  }
  expect(await bare.next()).toEqual({ handle: 'old', text: '&lt;b&gt;' });
  await bare.close();
});

it('a Redis Cluster joins servers, too', { timeout: 60_000 }, async () => {
  await using cluster = await RedisCluster.start();
  const env = { REDIS_URL: cluster.primaries[0]?.url ?? '', REDIS_CLUSTER: '1' };
  await using here = await Command.chat([], env);
  await using there = await Command.chat([], env);
  await joinedRedis(here, there);
  const [ann, bob] = [await Client.open(here.ws), await Client.open(there.ws)];
  for (const room of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await joinLive(ann, room, 'ann');
    await joinLive(bob, room, 'bob');
    const { id } = await ann.say(room, room);
    expect(await bob.next('message')).toMatchObject({ id, room, text: room });
  }
  await Promise.all([ann.close(), bob.close()]);
});
