import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Session, type Message, type View } from '../../public/session.js';
import type { Unsent } from '../../public/outbox.js';
import { ReconnectingWebSocket } from '../../src/client/reconnecting-websocket.ts';
import { Harness } from '../chat/harness.ts';
import { CutProxy } from '../support/cut-proxy.ts';
import { eventually } from './eventually.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Told = [keyof View, ...unknown[]];

/** A session on a real socket, and what it told. */
function begin(
  url: string,
  unsent: Unsent[] = [],
  name = 'Ann',
): { session: Session; told: Told[]; kept: () => Unsent[] } {
  const told: Told[] = [];
  let kept = unsent;
  const view = new Proxy({} as View, {
    get:
      (_, method: keyof View) =>
      (...args: unknown[]) =>
        void told.push([method, ...args]),
  });
  const socket = new ReconnectingWebSocket(url, { WebSocket, backoff: { base: 5, cap: 20 }, queue: { messages: 0 } });
  const keepUnsent = (now: Unsent[]): void => {
    kept = [...now];
  };
  const session = new Session(
    socket,
    { room: 'lobby', name, secret: `secret-of-${name}-0123`, unsent, keepUnsent },
    view,
  );
  cleanups.push(() => session.leave());
  return { session, told, kept: () => kept };
}

/** One side of a conversation, written down by a test: what the client must say next, and what it hears. */
class Script {
  readonly #server: WebSocketServer;
  readonly #frames: Record<string, unknown>[] = [];
  #socket: WebSocket | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (data) => {
        this.#frames.push(JSON.parse((data as Buffer).toString()) as Record<string, unknown>);
        server.emit('frame');
      });
    });
  }

  static async start(): Promise<Script> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    cleanups.push(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return new Script(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get unread(): number {
    return this.#frames.length;
  }

  /** The client's next message. */
  async hears(): Promise<Record<string, unknown>> {
    while (this.#frames.length === 0) await once(this.#server, 'frame');
    return this.#frames.shift()!;
  }

  says(...messages: object[]): void {
    for (const message of messages) this.#socket?.send(JSON.stringify({ room: 'lobby', ...message }));
  }

  /** Answers a join, which must ask for what came after `after`. */
  async lets(after: string | undefined, joined: object = {}): Promise<void> {
    const join = await this.hears();
    expect([join['type'], join['after']]).toEqual(['join', after]);
    this.says({
      type: 'joined',
      you: me,
      people: [me],
      history: [],
      more: false,
      recovered: true,
      last: 'start',
      ...joined,
    });
  }

  cut(): void {
    this.#socket?.terminate();
  }

  /** Some time for what must not happen. */
  async quiet(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(this.#frames).toEqual([]);
  }
}

const me = { person: 'p-ann', name: 'Ann' };
const mine = (id: string, key: unknown, text = id): object => ({ type: 'message', id, ...me, key, text, time: 1 });
const theirs = (id: string, text = id): object => ({
  type: 'message',
  id,
  person: 'p-bob',
  name: 'Bob',
  key: 'k',
  text,
  time: 1,
});

/** The ids of the messages and the gaps that were shown, in order. */
const shown = (told: Told[]): unknown[] =>
  told.flatMap(([what, message]) => (what === 'message' ? [(message as Message).id] : what === 'gap' ? ['gap'] : []));
const texts = (told: Told[]): string[] =>
  told.flatMap(([what, message]) => (what === 'message' ? [(message as Message).text] : []));
const times = (told: Told[], method: keyof View): number => told.filter(([what]) => what === method).length;

describe('what is said', () => {
  it('goes out one at a time, in order, each when the one before is stored', async () => {
    const script = await Script.start();
    const { session, told, kept } = begin(script.url);
    session.say('one');
    session.say('two');
    session.say('three');
    expect(kept().map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    await script.lets(undefined);
    const one = await script.hears();
    expect(one).toMatchObject({ type: 'say', room: 'lobby', text: 'one' });
    await script.quiet();
    script.says({ type: 'ack', key: one['key'], id: 'i1' });
    const two = await script.hears();
    script.says(mine('i1', one['key']), mine('i2', two['key']));
    expect(await script.hears()).toMatchObject({ text: 'three' });
    script.says({ type: 'ack', key: two['key'], id: 'i2' });
    await script.quiet();
    expect(kept().map(({ text }) => text)).toEqual(['three']);
    expect(shown(told)).toEqual(['i1', 'i2']);
    expect(times(told, 'pending')).toBe(3);
  });

  it('is sent again with the same key after a cut, but not if the log turns out to have it', async () => {
    const script = await Script.start();
    const { session, told } = begin(script.url);
    await script.lets(undefined);
    session.say('stored');
    session.say('lost');
    const stored = await script.hears();
    script.cut();
    await script.lets('start', { history: [mine('i1', stored['key'])], last: 'i1' });
    const lost = await script.hears();
    expect(lost['text']).toBe('lost');
    script.cut();
    await script.lets('i1', { last: 'i1' });
    expect(await script.hears()).toEqual(lost);
    expect(shown(told)).toEqual(['i1']);
  });

  it('was kept by an earlier page, and goes out with the key it had', async () => {
    const script = await Script.start();
    const { told } = begin(script.url, [{ key: 'old-key', text: 'from before', time: 1 }]);
    await script.lets(undefined);
    expect(await script.hears()).toMatchObject({ key: 'old-key', text: 'from before' });
    expect(times(told, 'pending')).toBe(1);
  });

  it('waits as long as the server asks, and what follows waits behind it', async () => {
    const script = await Script.start();
    const { session, told } = begin(script.url);
    await script.lets(undefined);
    session.say('one');
    session.say('two');
    const one = await script.hears();
    script.says({ type: 'error', code: 'unavailable', request: 'say', key: one['key'], retryAfter: 60 });
    await script.quiet();
    expect(await script.hears()).toEqual(one);
    script.says({ type: 'ack', key: one['key'], id: 'i1' });
    expect(await script.hears()).toMatchObject({ text: 'two' });
    expect(told.filter(([what]) => what === 'delayed')).toEqual([['delayed', 'unavailable']]);
  });

  it('is given back when it is refused for good, and does not hold up the rest', async () => {
    const script = await Script.start();
    const { session, told, kept } = begin(script.url);
    await script.lets(undefined);
    session.say('bad');
    session.say('good');
    const { key } = await script.hears();
    script.says({ type: 'error', code: 'bad-text', request: 'say', key });
    expect(await script.hears()).toMatchObject({ text: 'good' });
    expect(told.filter(([what]) => what === 'failed')).toEqual([['failed', key, 'bad-text']]);
    expect(kept().map(({ text }) => text)).toEqual(['good']);
  });

  it('to a server that does not know us any more makes us join again', async () => {
    const script = await Script.start();
    const { session } = begin(script.url);
    await script.lets(undefined);
    session.say('hello');
    const { key } = await script.hears();
    script.says({ type: 'error', code: 'not-joined', request: 'say', key });
    await script.lets('start');
    expect(await script.hears()).toMatchObject({ key, text: 'hello' });
  });

  it('is refused when 100 wait already', async () => {
    const { session, kept } = begin('ws://127.0.0.1:1/');
    for (let i = 0; i < 100; i++) expect(session.say(`${i}`)).toBe(true);
    expect(session.say('one more')).toBe(false);
    expect(kept()).toHaveLength(100);
  });
});

describe('what is heard', () => {
  it('is shown once, however often it comes', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    await script.lets(undefined, { history: [theirs('i1'), theirs('i2')], last: 'i2' });
    script.says(theirs('i2'), theirs('i3'));
    await eventually(() => shown(told)).toEqual(['i1', 'i2', 'i3']);
    script.cut();
    await script.lets('i3', { history: [theirs('i2'), theirs('i3'), theirs('i4')], last: 'i4' });
    await eventually(() => shown(told)).toEqual(['i1', 'i2', 'i3', 'i4']);
  });

  it('continues from the last part of a long replay that was cut', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    await script.lets(undefined, { history: [theirs('i1')], more: true, last: 'i9' });
    await eventually(() => shown(told)).toEqual(['i1']);
    script.cut();
    await script.lets('i1', { more: true, last: 'i9' });
    script.says({ type: 'history', messages: [theirs('i2')], more: true });
    await eventually(() => shown(told)).toEqual(['i1', 'i2']);
    script.cut();
    await script.lets('i2', { history: [theirs('i3')], last: 'i9' });
    await eventually(() => shown(told)).toEqual(['i1', 'i2', 'i3']);
    script.cut();
    await script.lets('i9');
  });

  it('has a mark where something may be missing, behind own messages that were stored', async () => {
    const script = await Script.start();
    const { session, told } = begin(script.url);
    await script.lets(undefined);
    session.say('stored, then lost');
    const { key } = await script.hears();
    script.says({ type: 'ack', key, id: 'i1' });
    script.says({ type: 'gap', last: 'new.0', time: 1 });
    await eventually(() => shown(told)).toEqual(['i1', 'gap']);
    script.cut();
    await script.lets('new.0', { recovered: false, history: [mine('i1', key), theirs('i5')], last: 'i5' });
    await eventually(() => shown(told)).toEqual(['i1', 'gap', 'gap', 'i5']);
  });

  it('starts anew with a mark if the server does not take the last id', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    await script.lets(undefined, { history: [theirs('i1')], last: 'i1' });
    script.cut();
    expect(await script.hears()).toMatchObject({ after: 'i1' });
    script.says({ type: 'error', code: 'bad-after', request: 'join' });
    await script.lets(undefined, { history: [theirs('i1'), theirs('i2')], last: 'i2' });
    await eventually(() => shown(told)).toEqual(['i1', 'gap', 'i2']);
  });

  it('is not ours because somebody uses our key, and needs no id', async () => {
    const script = await Script.start();
    const { session, told, kept } = begin(script.url);
    await script.lets(undefined);
    session.say('mine');
    const { key } = await script.hears();
    script.says({ ...theirs('i1'), key }, { type: 'message', name: 'Bare', text: 'no id', time: 1 });
    await eventually(() => shown(told)).toEqual(['i1', undefined]);
    expect(told.filter(([what]) => what === 'message').map(([, , isMine]) => isMine)).toEqual([false, false]);
    expect(kept()).toHaveLength(1);
    script.cut();
    await script.lets('i1');
  });

  it('of another room or of an unknown type changes nothing', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    await script.lets(undefined);
    script.says(
      { ...theirs('x1'), room: 'elsewhere' },
      { type: 'weather' },
      { type: 'pong', room: undefined },
      theirs('i1'),
    );
    await eventually(() => shown(told)).toEqual(['i1']);
  });
});

describe('people', () => {
  it('come and go once each, and we are not told of ourselves', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    const bob = { person: 'p-bob', name: 'Bob', time: 1 };
    await script.lets(undefined);
    script.says({ type: 'presence', event: 'join', ...bob }, { type: 'presence', event: 'join', ...bob });
    script.says({ type: 'presence', event: 'join', ...me, time: 1 });
    script.says({ type: 'presence', event: 'leave', ...bob }, { type: 'presence', event: 'leave', ...bob });
    await eventually(() => times(told, 'presence')).toBe(2);
    expect(told.filter(([what]) => what === 'presence')).toEqual([
      ['presence', 'join', 'Bob', 1],
      ['presence', 'leave', 'Bob', 1],
    ]);
    expect(
      told.filter(([what]) => what === 'people').map(([, all]) => (all as { name: string }[]).map((p) => p.name)),
    ).toEqual([['Ann'], ['Ann', 'Bob'], ['Ann']]);
  });
});

describe('a room', () => {
  it('that refuses the name ends the session, with one word about it', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    await script.hears();
    script.says({ type: 'error', code: 'name-taken', request: 'join' });
    await eventually(() => told.at(-1)).toEqual(['refused', 'name-taken']);
    await script.quiet();
    expect(told.at(-1)).toEqual(['refused', 'name-taken']);
  });

  it('that is too busy is asked again', async () => {
    const script = await Script.start();
    const { told } = begin(script.url);
    await script.hears();
    script.says({ type: 'error', code: 'rate-limited', request: 'join', retryAfter: 20 });
    await script.lets(undefined);
    await eventually(() => told.at(-1)).toEqual(['status', { kind: 'online' }]);
  });

  it('is left with a word, and nothing is told after it', async () => {
    const script = await Script.start();
    const { session, told } = begin(script.url);
    await script.lets(undefined);
    await eventually(() => told.at(-1)).toEqual(['status', { kind: 'online' }]);
    const before = told.length;
    session.leave();
    expect(await script.hears()).toEqual({ type: 'leave', room: 'lobby' });
    script.says(theirs('i1'), { type: 'left' });
    await script.quiet();
    expect(told.slice(before)).toEqual([]);
  });

  it('that closes for good is over', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    cleanups.push(() => server.close());
    server.on('connection', (socket) => socket.close(1008));
    const { told } = begin(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await eventually(() => told.at(-1)).toEqual(['status', { kind: 'ended', code: 1008 }]);
  });
});

it('two people keep one conversation over lines that are cut again and again', async () => {
  const chat = await Harness.start();
  cleanups.push(() => chat.stop());
  const proxy = await CutProxy.start(() => chat.server.port);
  cleanups.push(() => proxy.stop());
  const url = `ws://127.0.0.1:${proxy.port}/chat`;
  const [ann, bob] = [begin(url, [], 'Ann'), begin(url, [], 'Bob')];
  const count = 60;
  for (let i = 0; i < count; i++) {
    ann.session.say(`ann ${i}`);
    bob.session.say(`bob ${i}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (i % 3 === 0) proxy.blink();
  }
  await eventually(() => [texts(ann.told).length, texts(bob.told).length]).toEqual([2 * count, 2 * count]);
  expect(texts(ann.told)).toEqual(texts(bob.told));
  for (const name of ['ann', 'bob']) {
    const expected = Array.from({ length: count }, (_, i) => `${name} ${i}`);
    expect(texts(ann.told).filter((text) => text.startsWith(name))).toEqual(expected);
  }
  expect([...ann.told, ...bob.told].filter(([what]) => what === 'gap')).toEqual([]);
  expect([ann.kept(), bob.kept()]).toEqual([[], []]);
  expect(chat.errors).toEqual([]);
});
