import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import { Harness } from './harness.ts';

let chat: Harness;
afterEach(async () => {
  await chat.stop();
  expect(chat.errors).toEqual([]);
});

describe('heartbeat', () => {
  it('ends who is dead, and nobody else', async () => {
    chat = await Harness.start({ heartbeat: 1_500, grace: 10 });
    const [ann, bob] = [await chat.member('ann'), await chat.member('bob')];
    await ann.next('presence');
    bob.socket.pause();
    expect(await ann.next('presence')).toMatchObject({ event: 'leave', name: 'bob' });
    await sleep(3_000);
    expect(ann.closed).toBeUndefined();
    bob.socket.resume();
    expect((await bob.ended()).code).toBe(1006);
  });
});

describe('a client that does not read', () => {
  it('is closed when 1 MiB waits, and delays nobody', { timeout: 30_000 }, async () => {
    chat = await Harness.start();
    const [ann, slow] = [await chat.member('ann'), await chat.member('slow')];
    slow.socket.pause();
    const text = 'x'.repeat(4_000);
    let isGone = false;
    // What the system buffers for a connection on this machine comes on top.
    for (let i = 0; i < 5_000 && !isGone; i++) {
      await chat.log.append('lobby', JSON.stringify({ name: 'old', text, time: 1 }));
      if (i % 50 === 0) {
        ann.send({ type: 'ping' });
        await ann.next('pong');
        isGone = chat.server.members('lobby') === 2;
      }
    }
    expect(isGone).toBe(true);
    slow.socket.resume();
    expect((await slow.ended()).code).toBe(1013);
    expect(ann.closed).toBeUndefined();
  });
});

describe('stopping', () => {
  it('tells everybody, finishes what is on its way, closes with 1001, and lets nobody in', async () => {
    chat = await Harness.start();
    const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => chat.member(`client ${i}`)));
    const bare = await chat.connect('/');
    for (const [i, client] of clients.entries())
      client.send({ type: 'say', room: 'lobby', key: `k${i}`, text: 'last' });
    await clients[0]?.next('ack');
    const { http } = chat;
    const start = performance.now();
    await chat.server.stop();
    expect(performance.now() - start).toBeLessThan(3_000);
    for (const client of clients) {
      expect(await client.ended()).toMatchObject({ code: 1001 });
      expect(client.all.filter(({ type }) => type === 'notice')).toMatchObject([{ code: 'shutting-down' }]);
      expect(client.all.filter(({ type }) => type === 'ack')).toHaveLength(1);
      expect(client.all.filter(({ type }) => type === 'message')).toHaveLength(20);
    }
    expect(await bare.ended()).toMatchObject({ code: 1001 });
    await expect(fetch(http)).rejects.toThrow();
  });

  it('takes a bounded time, whatever the clients do', async () => {
    chat = await Harness.start();
    const stuck = await chat.member('stuck');
    stuck.socket.pause();
    const start = performance.now();
    await chat.server.stop({ timeout: 500 });
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(chat.server.connections).toBe(0);
  });
});

describe('a log that cannot be reached', () => {
  it('lets in, refuses messages so that they can be sent again, and goes on when it is back', async () => {
    const backplane = new MemoryBackplane();
    const log = new MemoryLog({ backplane });
    const away = new MemoryLog({ backplane });
    await away.close();
    let current = away;
    chat = await Harness.start({
      backplane,
      log: {
        append: (...args) => current.append(...args),
        read: (...args) => current.read(...args),
        close: async () => {},
      },
    });
    const ann = await chat.connect();
    expect(await ann.join('lobby', 'ann')).toMatchObject({ history: [], more: true, recovered: true, people: [{}] });
    ann.send({ type: 'say', room: 'lobby', key: 'k', text: 'x' });
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', key: 'k', retryAfter: expect.any(Number) });
    expect(await ann.join('other', 'ann')).toMatchObject({ more: true });
    const bare = await chat.connect('/');
    bare.send('{"handle":"x","text":"y"}');
    expect(await bare.next()).toEqual({ error: expect.any(String) });
    current = log;
    expect(await ann.next('history')).toMatchObject({ more: false, messages: [] });
    const ack = await ann.say('lobby', 'x', 'k');
    expect(await ann.next('message')).toMatchObject({ id: ack['id'], text: 'x' });
    await log.close();
  });
});
