import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Presence, type PresenceOptions } from '../../src/chat/presence.ts';
import type { Backplane } from '../../src/pubsub/backplane.ts';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { runs } from '../support/runs.ts';

let backplane: MemoryBackplane;
let processes: Presence[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
  backplane = new MemoryBackplane();
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map((presence) => presence.close()));
  vi.useRealTimers();
});

/** Time passes as told here, however busy the machine is. */
const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

/** The presence of another process, and what it tells. */
async function start(options: Partial<PresenceOptions> = {}): Promise<{ presence: Presence; told: string[] }> {
  const told: string[] = [];
  const presence = new Presence({
    backplane,
    grace: 30,
    interval: 40,
    onChange: (event, room, { name }) => told.push(`${event} ${room} ${name}`),
    ...options,
  });
  await presence.start();
  processes.push(presence);
  return { presence, told };
}

const names = (presence: Presence, room = 'a'): string[] => presence.people(room).map(({ name }) => name);

it('tells who comes and goes in other processes', async () => {
  const [here, there] = [await start(), await start()];
  here.presence.enter('a', 'p1', 'ann');
  there.presence.enter('a', 'p2', 'bob');
  await pass(5);
  expect([names(here.presence), names(there.presence)]).toEqual([
    ['ann', 'bob'],
    ['ann', 'bob'],
  ]);
  expect(here.presence.holderOf('a', 'BOB')).toBe('p2');
  there.presence.exit('a', 'p2', { isFinal: true });
  await pass(5);
  expect(here.told).toEqual(['join a ann', 'join a bob', 'leave a bob']);
  expect(here.presence.holderOf('a', 'bob')).toBeUndefined();
});

it('lists those who came within one millisecond in their order, in all processes', async () => {
  const [here, there] = [await start(), await start()];
  const order = Array.from({ length: 100 }, (_, i) => `p${99 - i}`);
  for (const person of order) here.presence.enter('a', person, person);
  await pass(5);
  expect([names(here.presence), names(there.presence)]).toEqual([order, order]);
});

it('one who is in two processes is there once, and moves without a word', async () => {
  const [here, there, third] = [await start(), await start(), await start()];
  here.presence.enter('a', 'p1', 'ann');
  await pass(5);
  here.presence.exit('a', 'p1', { isFinal: false });
  there.presence.enter('a', 'p1', 'ann');
  await pass(100);
  expect([names(here.presence), names(there.presence), names(third.presence)]).toEqual([['ann'], ['ann'], ['ann']]);
  expect([here.told, there.told, third.told]).toEqual([['join a ann'], ['join a ann'], ['join a ann']]);
});

it('a process that starts later knows who was there', async () => {
  const here = await start();
  here.presence.enter('a', 'p1', 'ann');
  here.presence.enter('b', 'p1', 'ann');
  const late = await start();
  await pass(5);
  expect([names(late.presence), names(late.presence, 'b')]).toEqual([['ann'], ['ann']]);
});

it('thousands are told in parts, while they come and go, and a process that starts learns all of them', async () => {
  const sizes: number[] = [];
  const measured: Backplane = {
    state: 'ready',
    publish: (channel, message) => {
      sizes.push(Buffer.byteLength(message));
      return backplane.publish(channel, message);
    },
    subscribe: (channel, deliver) => backplane.subscribe(channel, deliver),
    close: async () => {},
  };
  const crowd = [await start({ backplane: measured }), await start({ backplane: measured })];
  for (const [i, { presence }] of crowd.entries()) {
    for (let n = 0; n < 6_000; n++) {
      presence.enter(`room-${n % 7}`, `person-${i}-${n}`, `\u540d\u{1f600} number ${i}-${n}`);
    }
  }
  await pass(5);
  const late = await start({ backplane: measured });
  for (const [i, { presence }] of crowd.entries()) {
    for (let n = 0; n < 100; n++) {
      presence.exit(`room-${n % 7}`, `person-${i}-${n}`, { isFinal: true });
      presence.enter('room-7', `late-${i}-${n}`, `late ${i}-${n}`);
      if (n % 10 === 0) await nextTurn();
    }
  }
  const rooms = Array.from({ length: 8 }, (_, room) => `room-${room}`);
  const everybody = ({ presence }: { presence: Presence }): number =>
    rooms.reduce((sum, room) => sum + presence.people(room).length, 0);
  for (let i = 0; i < 100 && everybody(late) !== 12_000; i++) await pass(10);
  expect([late, ...crowd].map(everybody)).toEqual([12_000, 12_000, 12_000]);
  for (const room of rooms) expect(names(late.presence, room)).toEqual(names(crowd[0]!.presence, room));
  expect(sizes.filter((size) => size > 100_000).length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThan(1 << 19);
});

it('the people of a process that dies are gone after a while, those of one that says goodbye after the grace', async () => {
  const mute = { publish: backplane.publish.bind(backplane) };
  const dying: Backplane = {
    state: 'ready',
    publish: (...args) => mute.publish(...args),
    subscribe: (channel, deliver) => backplane.subscribe(channel, deliver),
    close: async () => {},
  };
  const here = await start({ grace: 20 });
  const dead = await start({ backplane: dying });
  const polite = await start();
  dead.presence.enter('a', 'p1', 'ann');
  polite.presence.enter('a', 'p2', 'bob');
  await pass(5);
  expect(names(here.presence)).toEqual(['ann', 'bob']);
  mute.publish = async () => {};
  await polite.presence.close();
  await pass(90);
  expect(names(here.presence)).toEqual(['ann']);
  await pass(120);
  expect(names(here.presence)).toEqual([]);
  expect(here.told.slice(2)).toEqual(['leave a bob', 'leave a ann']);
});

it('while the backplane is away nobody is taken for dead', async () => {
  let state: 'ready' | 'away' = 'ready';
  const flaky: Backplane = {
    get state() {
      return state;
    },
    publish: (...args) => (state === 'ready' ? backplane.publish(...args) : Promise.reject(new Error('away'))),
    subscribe: (channel, deliver) => backplane.subscribe(channel, (message) => state === 'ready' && deliver(message)),
    close: async () => {},
  };
  const [here, there] = [await start({ backplane: flaky }), await start()];
  there.presence.enter('a', 'p1', 'ann');
  await pass(5);
  state = 'away';
  there.presence.enter('a', 'p2', 'bob');
  there.presence.exit('a', 'p1', { isFinal: true });
  await pass(300);
  expect(names(here.presence)).toEqual(['ann']);
  state = 'ready';
  await pass(150);
  expect(names(here.presence)).toEqual(['bob']);
});

it('all processes agree in the end, whatever announcements were lost', async () => {
  const act = fc.record({
    process: fc.nat(2),
    person: fc.constantFrom('p1', 'p2', 'p3'),
    isEntering: fc.boolean(),
    isLost: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      const line = new MemoryBackplane();
      let isLosing = false;
      const lossy: Backplane = {
        state: 'ready',
        publish: async (...args) => {
          if (!isLosing) await line.publish(...args);
        },
        subscribe: (channel, deliver) => line.subscribe(channel, deliver),
        close: async () => {},
      };
      const group = Array.from(
        { length: 3 },
        () => new Presence({ backplane: lossy, grace: 1, interval: 8, partSize: 1, onChange: () => {} }),
      );
      for (const presence of group) await presence.start();
      const counts = new Map<string, number>();
      for (const { process, person, isEntering, isLost } of acts) {
        isLosing = isLost;
        const key = `${process} ${person}`;
        const count = counts.get(key) ?? 0;
        if (isEntering) group[process]?.enter('a', person, person);
        else group[process]?.exit('a', person, { isFinal: true });
        counts.set(key, isEntering ? count + 1 : Math.max(0, count - 1));
      }
      isLosing = false;
      const expected = [...new Set([...counts].filter(([, n]) => n > 0).map(([key]) => key.split(' ')[1]))].toSorted();
      const agreed = (): boolean => group.every((presence) => names(presence).toSorted().join() === expected.join());
      for (let i = 0; i < 40 && !agreed(); i++) await pass(5);
      for (const presence of group) expect(names(presence).toSorted()).toEqual(expected);
      await Promise.all(group.map((presence) => presence.close()));
    }),
    runs(25, 2_000),
  );
});

it('does not believe what is no announcement', async () => {
  const here = await start();
  for (const message of [
    '',
    '{',
    'null',
    '[]',
    '{"from":"x"}',
    '{"from":"x","type":"enter","count":0,"room":"a"}',
    '{"from":"x","type":"state","count":1,"part":0,"isLast":true,"rooms":[["a",[{}]]]}',
    '{"from":"x","type":"exit","count":"1","room":"a","person":"p"}',
  ]) {
    await backplane.publish('chat presence', message);
  }
  await backplane.publish('chat presence', new Uint8Array([1]));
  await pass(5);
  expect(names(here.presence)).toEqual([]);
});
