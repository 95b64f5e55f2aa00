import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Backplane, Payload } from '../../src/pubsub/backplane.ts';

export interface BackplaneGroup {
  /** Two that reach each other: of two processes, or the same one twice where there is only one process. */
  readonly backplanes: readonly [Backplane, Backplane];
  close(): Promise<void>;
}

/** Waits until the list has so many items, and a little longer, to see what is too much. */
export async function settled(list: readonly unknown[], count: number): Promise<void> {
  const end = performance.now() + 15_000;
  while (list.length < count && performance.now() < end) await sleep(2);
  await sleep(20);
}

async function publishMany(from: Backplane, name: string): Promise<void> {
  for (let i = 0; i < 100; i++) await from.publish('a', `${name}${i}`);
}

/** What every backplane promises. */
export function backplaneContract(create: () => Promise<BackplaneGroup>): void {
  let group: BackplaneGroup;
  let here: Backplane;
  let there: Backplane;

  beforeEach(async () => {
    group = await create();
    [here, there] = group.backplanes;
  });
  afterEach(() => group.close());

  it('is ready', () => {
    expect([here.state, there.state]).toEqual(['ready', 'ready']);
  });

  it('delivers to every subscription in every process, the publisher included, and to nobody else', async () => {
    const heard: string[] = [];
    await here.subscribe('a', (message) => heard.push(`here 1 ${String(message)}`));
    await here.subscribe('a', (message) => heard.push(`here 2 ${String(message)}`));
    await there.subscribe('a', (message) => heard.push(`there ${String(message)}`));
    await there.subscribe('b', (message) => heard.push(`b ${String(message)}`));
    await here.publish('a', 'x');
    await settled(heard, 3);
    expect(heard.toSorted()).toEqual(['here 1 x', 'here 2 x', 'there x']);
  });

  it('delivers nothing before publish has returned', async () => {
    const heard: Payload[] = [];
    await here.subscribe('a', (message) => heard.push(message));
    const published = here.publish('a', 'x');
    expect(heard).toEqual([]);
    await published;
    await settled(heard, 1);
    expect(heard).toEqual(['x']);
  });

  it.each<[string, Payload]>([
    ['text', 'grüße, 世界 👋'],
    ['empty text', ''],
    ['text that looks like a frame of ours', '\u0000t\u0001'],
    ['bytes', Buffer.from([0, 1, 0xff, 0xfe, 0x80])],
    ['bytes that are UTF-8', Buffer.from('hello')],
    ['no bytes', Buffer.alloc(0)],
    ['256 KiB of bytes', Buffer.alloc(1 << 18, 'é')],
  ])('keeps %s intact', async (_, message) => {
    const heard: Payload[] = [];
    await there.subscribe('a', (received) => heard.push(received));
    await here.publish('a', message);
    await settled(heard, 1);
    expect(heard).toHaveLength(1);
    const [received = ''] = heard;
    expect(typeof received).toBe(typeof message);
    expect(Buffer.from(received as string).equals(Buffer.from(message as string))).toBe(true);
  });

  it('has its own copy of bytes when publish returns', async () => {
    const heard: Payload[] = [];
    await here.subscribe('a', (received) => heard.push(received));
    const bytes = Buffer.from('abc');
    const published = here.publish('a', bytes);
    bytes.fill('x');
    await published;
    await settled(heard, 1);
    expect(Buffer.from(heard[0] as Uint8Array).toString()).toBe('abc');
  });

  it('keeps the order of one publisher, with all of its subscribers', async () => {
    const first: Payload[] = [];
    const second: Payload[] = [];
    await here.subscribe('a', (message) => first.push(message));
    await there.subscribe('a', (message) => second.push(message));
    const sent = Array.from({ length: 500 }, (_, i) => String(i));
    await Promise.all(sent.map((message) => here.publish('a', message)));
    await settled(second, sent.length);
    await settled(first, sent.length);
    expect(first).toEqual(sent);
    expect(second).toEqual(sent);
  });

  it('shows the messages of two publishers in one order to all', async () => {
    const first: Payload[] = [];
    const second: Payload[] = [];
    await here.subscribe('a', (message) => first.push(message));
    await there.subscribe('a', (message) => second.push(message));
    await Promise.all([publishMany(here, 'h'), publishMany(there, 't')]);
    await settled(second, 200);
    await settled(first, 200);
    expect(first).toHaveLength(200);
    expect(first).toEqual(second);
  });

  it('delivers nothing after unsubscribe, whose second call does nothing', async () => {
    const gone: Payload[] = [];
    const stays: Payload[] = [];
    const unsubscribe = await here.subscribe('a', (message) => gone.push(message));
    await here.subscribe('a', (message) => stays.push(message));
    await unsubscribe();
    await unsubscribe();
    await there.publish('a', 'x');
    await settled(stays, 1);
    expect([gone, stays]).toEqual([[], ['x']]);
  });

  it('is subscribed after any race of joins and leaves whose last act is a join', async () => {
    for (let round = 0; round < 20; round++) {
      const heard: Payload[] = [];
      const leaving = await here.subscribe('a', () => {});
      const [left] = await Promise.all([
        here.subscribe('a', () => {}),
        leaving(),
        here.subscribe('a', (message) => heard.push(message)),
      ]);
      await left();
      await there.publish('a', String(round));
      await settled(heard, 1);
      expect(heard).toEqual([String(round)]);
    }
  });

  it('has names of channels, not properties: __proto__, constructor', async () => {
    for (const channel of ['__proto__', 'constructor', 'hasOwnProperty']) {
      const heard: Payload[] = [];
      await there.subscribe(channel, (message) => heard.push(message));
      await here.publish(channel, channel);
      await settled(heard, 1);
      expect(heard).toEqual([channel]);
    }
  });

  it('refuses to publish and subscribe when it is closed', async () => {
    await here.close();
    expect(here.state).toBe('away');
    await expect(here.publish('a', 'x')).rejects.toMatchObject({ name: 'UnavailableError' });
    await expect(here.subscribe('a', () => {})).rejects.toMatchObject({ name: 'UnavailableError' });
  });
}
