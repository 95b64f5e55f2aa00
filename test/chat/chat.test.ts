import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { Harness } from './harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.start({ grace: 150 });
});
afterEach(async () => {
  await chat.stop();
  expect(chat.errors).toEqual([]);
});

const SECRET = 'a-secret-of-ann-0123';

/** The public id of a person. */
async function personOf(name: string, secret: string): Promise<unknown> {
  const client = await chat.connect();
  const joined = await client.join(`room-${Math.random()}`.replace('.', ''), name, { secret });
  expect(joined['secret']).toBeUndefined();
  return (joined['you'] as { person: string }).person;
}

/** Messages from before: numbers, made longer by `padding`. */
async function fill(count: number, padding = ''): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const { id } = await chat.log.append('lobby', JSON.stringify({ name: 'old', text: `${i}${padding}`, time: 1 }));
    ids.push(id);
  }
  return ids;
}

describe('joining', () => {
  it('shows who is here and where the log stands', async () => {
    const ann = await chat.connect();
    const joined = await ann.join('lobby', 'ann');
    expect(joined).toMatchObject({
      type: 'joined',
      room: 'lobby',
      you: { name: 'ann' },
      people: [{ name: 'ann' }],
      history: [],
      more: false,
      recovered: true,
    });
    expect(joined['secret']).toMatch(/^[A-Za-z0-9_-]{16,}$/);
    expect(joined['last']).toMatch(/^\S+$/);
    expect(Math.abs(Number(joined['time']) - Date.now())).toBeLessThan(5_000);
  });

  it('tells the others, and who comes later sees all in the order in which they came', async () => {
    const ann = await chat.member('ann');
    const bob = await chat.connect();
    const joined = await bob.join('lobby', 'bob');
    expect(joined['people']).toMatchObject([{ name: 'ann' }, { name: 'bob' }]);
    expect(await ann.next('presence')).toMatchObject({ room: 'lobby', event: 'join', name: 'bob' });
    expect(await bob.rest('presence')).toEqual([]);
  });

  it('shows the newest 50 messages to who has seen none', async () => {
    await fill(60);
    const bob = await chat.connect();
    const { history } = await bob.join('lobby', 'bob');
    expect(history).toHaveLength(50);
    expect(history).toMatchObject(Array.from({ length: 50 }, (_, i) => ({ type: 'message', text: `${i + 10}` })));
  });

  it('replays exactly what was missed after an id, and no more', async () => {
    const ann = await chat.member('ann');
    const first = await ann.say('lobby', 'one');
    await ann.say('lobby', 'two');
    await ann.say('lobby', 'three');
    const bob = await chat.connect();
    expect(await bob.join('lobby', 'bob', { after: first['id'] })).toMatchObject({
      recovered: true,
      history: [{ text: 'two' }, { text: 'three' }],
    });
    await ann.say('lobby', 'four');
    expect(await bob.next('message')).toMatchObject({ text: 'four' });
    expect(await bob.rest('message')).toEqual([]);
  });

  it('continues from `last` where nothing had been said', async () => {
    const ann = await chat.member('ann');
    const bob = await chat.connect();
    const { last } = await bob.join('lobby', 'bob');
    bob.cut();
    await ann.say('lobby', 'missed');
    const back = await chat.connect();
    expect(await back.join('lobby', 'bob 2', { after: last })).toMatchObject({
      recovered: true,
      history: [{ text: 'missed' }],
    });
  });

  it('says when the log cannot continue from there', async () => {
    const ann = await chat.member('ann');
    await ann.say('lobby', 'one');
    const bob = await chat.connect();
    expect(await bob.join('lobby', 'bob', { after: 'another-log.17' })).toMatchObject({
      recovered: false,
      history: [{ text: 'one' }],
    });
  });

  it('sends a long replay in parts of bounded size, and then what was said meanwhile', async () => {
    const ids = await fill(250, 'x'.repeat(3_000));
    const ann = await chat.member('ann');
    const bob = await chat.connect();
    bob.send({ type: 'join', room: 'lobby', name: 'bob', after: ids[0] });
    const { id } = await ann.say('lobby', 'live');
    const got: unknown[] = [];
    let parts = 0;
    for (let more: unknown = true; more; parts++) {
      const part = await bob.next(parts === 0 ? 'joined' : 'history');
      const messages = (part['history'] ?? part['messages']) as { id: string }[];
      expect(messages.length).toBeLessThanOrEqual(100);
      expect(JSON.stringify(part).length).toBeLessThan(300_000);
      got.push(...messages.map((message) => message.id));
      ({ more } = part);
    }
    got.push(...(await bob.rest('message')).map((message) => message['id']));
    expect(got).toEqual([...ids.slice(1), id]);
    expect(parts).toBeGreaterThan(2);
  });

  it('may be done again in the same room, by the same person', async () => {
    const ann = await chat.member('ann', 'lobby', { secret: SECRET });
    const { id } = await ann.say('lobby', 'one');
    await ann.next('message');
    await ann.say('lobby', 'two');
    await ann.next('message');
    expect(await ann.join('lobby', 'ann', { secret: SECRET, after: id })).toMatchObject({ history: [{ text: 'two' }] });
    await ann.say('lobby', 'three');
    expect(await ann.next('message')).toMatchObject({ text: 'three' });
    expect(await ann.rest('message')).toEqual([]);
    ann.send({ type: 'join', room: 'lobby', name: 'eve', secret: SECRET });
    expect(await ann.next('error')).toMatchObject({ code: 'already-joined', request: 'join', room: 'lobby' });
  });
});

describe('talking', () => {
  it('reaches everybody in the room, the sender included, and nobody else', async () => {
    const [ann, bob, eve] = [await chat.member('ann'), await chat.member('bob'), await chat.member('eve', 'other')];
    const text = `<b>"grüße" & '👋'</b>\n `;
    const ack = await ann.say('lobby', text, 'k1');
    expect(ack).toMatchObject({ type: 'ack', room: 'lobby', key: 'k1' });
    for (const client of [ann, bob]) {
      expect(await client.next('message')).toMatchObject({
        id: ack['id'],
        room: 'lobby',
        name: 'ann',
        key: 'k1',
        text,
      });
    }
    expect(await eve.rest('message')).toEqual([]);
  });

  it('gives sender, time and id by the server, whatever the client claims', async () => {
    const ann = await chat.member('ann');
    const { you } = (await (await chat.connect()).join('lobby', 'bob')) as { you?: unknown };
    ann.send({ type: 'say', room: 'lobby', key: 'k', text: 'x', name: 'bob', person: you, id: '1', time: 1 });
    const message = await ann.next('message');
    expect(message).toMatchObject({ name: 'ann', text: 'x' });
    expect(message['id']).not.toBe('1');
    expect(message['time']).toBeGreaterThan(1_000);
  });

  it('stores a key once, and acknowledges it twice with the same id', async () => {
    const [ann, bob] = [await chat.member('ann'), await chat.member('bob')];
    const first = await ann.say('lobby', 'once', 'k');
    expect(await ann.say('lobby', 'once', 'k')).toEqual(first);
    expect(await bob.next('message')).toMatchObject({ text: 'once' });
    expect(await bob.rest('message')).toEqual([]);
  });

  it('does not take the key of one person for that of another', async () => {
    const [ann, bob] = [await chat.member('ann'), await chat.member('bob')];
    const first = await ann.say('lobby', 'mine', 'k');
    expect((await bob.say('lobby', 'mine too', 'k'))['id']).not.toBe(first['id']);
  });

  it('stores the messages of a connection in the order in which they were sent', async () => {
    const ann = await chat.member('ann');
    for (let i = 0; i < 30; i++) ann.send({ type: 'say', room: 'lobby', key: `k${i}`, text: String(i) });
    for (let i = 0; i < 30; i++) expect(await ann.next('message')).toMatchObject({ text: String(i) });
  });

  it('shows all members the same order', async () => {
    const members = await Promise.all(Array.from({ length: 5 }, (_, i) => chat.member(`member ${i}`)));
    await Promise.all(members.map((member) => Promise.all([member.say('lobby', 'a'), member.say('lobby', 'b')])));
    const orders = await Promise.all(
      members.map(async (member) => (await member.rest('message')).map(({ id }) => id).join()),
    );
    expect(orders[0]?.split(',')).toHaveLength(10);
    expect(new Set(orders).size).toBe(1);
  });
});

describe('people', () => {
  it('who is in two tabs is there once, until both are gone', async () => {
    const bob = await chat.member('bob');
    const tabs = [
      await chat.member('ann', 'lobby', { secret: SECRET }),
      await chat.member('ann', 'lobby', { secret: SECRET }),
    ];
    expect(await bob.rest('presence')).toMatchObject([{ event: 'join', name: 'ann' }]);
    tabs[0]?.cut();
    await sleep(250);
    expect(await bob.rest('presence')).toEqual([]);
    tabs[1]?.cut();
    expect(await bob.next('presence')).toMatchObject({ event: 'leave', name: 'ann' });
  });

  it('a short absence is not told to anybody', async () => {
    await chat.stop();
    chat = await Harness.start({ grace: 1_500 });
    const bob = await chat.member('bob');
    const ann = await chat.member('ann', 'lobby', { secret: SECRET });
    await bob.next('presence');
    ann.cut();
    await until('the line is lost', () => chat.server.connections === 1);
    const back = await chat.connect();
    const joined = await back.join('lobby', 'ann', { secret: SECRET });
    await sleep(1_600);
    expect(await bob.rest('presence')).toEqual([]);
    expect(joined['people']).toMatchObject([{ name: 'bob' }, { name: 'ann' }]);
  });

  it('a leave is told at once, and ends the messages', async () => {
    const [ann, bob] = [await chat.member('ann'), await chat.member('bob')];
    bob.send({ type: 'leave', room: 'lobby' });
    expect(await bob.next('left')).toMatchObject({ room: 'lobby' });
    expect(await ann.next('presence')).toMatchObject({ event: 'join', name: 'bob' });
    expect(await ann.next('presence')).toMatchObject({ event: 'leave', name: 'bob' });
    await ann.say('lobby', 'x');
    expect(await bob.rest('message')).toEqual([]);
    bob.send({ type: 'say', room: 'lobby', key: 'k', text: 'x' });
    expect(await bob.next('error')).toMatchObject({ code: 'not-joined', request: 'say', room: 'lobby', key: 'k' });
  });

  it('has the same id with the same secret and name, and another with either changed', async () => {
    const ann = await personOf('ann', SECRET);
    expect(ann).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(await personOf('ann', SECRET)).toBe(ann);
    expect(await personOf('bob', SECRET)).not.toBe(ann);
    expect(await personOf('ann', `${SECRET}x`)).not.toBe(ann);
  });

  it.each(['ann', 'Ann', 'ａｎｎ', 'a\u200dnn'])(
    'nobody else gets the name of ann as %j, until she has left',
    async (name) => {
      const ann = await chat.member('ann');
      const eve = await chat.connect();
      eve.send({ type: 'join', room: 'lobby', name });
      expect(await eve.next('error')).toMatchObject({ code: 'name-taken', request: 'join', room: 'lobby' });
      expect(await eve.join('other', name)).toMatchObject({ you: { name } });
      ann.send({ type: 'leave', room: 'lobby' });
      await ann.next('left');
      expect(await eve.join('lobby', name)).toMatchObject({ you: { name } });
    },
  );
});
