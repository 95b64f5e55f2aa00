import { describe, expect, it } from 'vitest';
import type { CloseEvent, ErrorEvent, Event, MessageEvent, WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import { closed, connect, dial, listen, nextMessage } from './support.ts';

/** Three that can be told apart. */
const one = (): void => {};
const two = (): void => {};
const three = (): void => {};

/** The DOM side without the types that keep its rules from being tested. */
interface Loose {
  addEventListener(type: string, listener: unknown, options?: unknown): void;
  removeEventListener(type: string, listener: unknown): void;
}
const loose = (ws: WebSocket): Loose => ws as unknown as Loose;

describe.each(implementations)('the WHATWG side of %s', (_, implementation) => {
  it('gives event objects whose target is the socket', async () => {
    const { wss, url } = await listen(implementation);
    wss.on('connection', (ws) => {
      ws.send('text');
      ws.send(Buffer.from([1]));
      ws.close(4000, 'why');
    });
    const ws = dial(implementation, url);
    const events: unknown[][] = [];
    ws.addEventListener('open', (event: Event) => events.push([event.type, event.target === ws]));
    ws.addEventListener('message', (event: MessageEvent) => events.push([event.type, event.target === ws, event.data]));
    const close = new Promise<CloseEvent>((resolve) => ws.addEventListener('close', resolve));
    const { type, target, code, reason, wasClean } = await close;
    expect(events).toEqual([
      ['open', true],
      ['message', true, 'text'],
      ['message', true, Buffer.from([1])],
    ]);
    expect([type, target === ws, code, reason, wasClean]).toEqual(['close', true, 4000, 'why', true]);
  });

  it('says in wasClean whether both sides said Close', async () => {
    const { client, peer } = await connect(implementation);
    const ends = [client, peer].map((ws) => new Promise<CloseEvent>((resolve) => (ws.onclose = resolve)));
    client.terminate();
    for (const { code, reason, wasClean } of await Promise.all(ends)) {
      expect([code, reason, wasClean]).toEqual([1006, '', false]);
    }
  });

  it('gives errors as ErrorEvent', async () => {
    const ws = dial(implementation, 'ws://127.0.0.1:1/');
    const event = await new Promise<ErrorEvent>((resolve) => (ws.onerror = resolve));
    expect([event.type, event.target === ws]).toEqual(['error', true]);
    expect(event.error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(event.message).toBe((event.error as Error).message);
  });

  it.each(['open', 'message', 'error', 'close'] as const)('on%s is one listener, or null', (type) => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    const attribute = `on${type}` as 'onmessage';
    ws.on(type, one);
    expect(ws[attribute]).toBeNull();
    ws[attribute] = two;
    expect(ws[attribute]).toBe(two);
    ws[attribute] = three;
    expect([ws[attribute], ws.listenerCount(type)]).toEqual([three, 2]);
    for (const nothing of [null, undefined, 1, 'x', {}]) {
      ws[attribute] = two;
      ws[attribute] = nothing as never;
      expect(ws[attribute]).toBeNull();
    }
    expect(ws.listeners(type)).toEqual([one]);
  });

  it('keeps the attribute apart from what addEventListener adds', () => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    ws.onmessage = one;
    ws.addEventListener('message', one);
    expect(ws.listenerCount('message')).toBe(2);
    ws.removeEventListener('message', one);
    expect([ws.listenerCount('message'), ws.onmessage]).toEqual([1, one]);
    ws.removeEventListener('message', one);
    expect(ws.onmessage).toBe(one);
  });

  it('adds the same function once, also when it was added with once', () => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    let calls = 0;
    const listener = (): void => void (calls += 1);
    ws.addEventListener('open', listener, { once: true });
    ws.addEventListener('open', listener);
    ws.addEventListener('open', listener, { once: true });
    expect(ws.listenerCount('open')).toBe(1);
    ws.emit('open');
    ws.emit('open');
    expect([calls, ws.listenerCount('open')]).toEqual([1, 0]);
  });

  it('takes objects with handleEvent, and calls it on them', () => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    const seen: unknown[] = [];
    const listener = {
      handleEvent(this: unknown, event: Event) {
        seen.push(this === listener, event.type);
      },
    };
    loose(ws).addEventListener('open', listener);
    loose(ws).addEventListener('open', listener);
    ws.emit('open');
    expect(seen).toEqual([true, 'open']);
    loose(ws).removeEventListener('open', listener);
    expect(ws.listenerCount('open')).toBe(0);
  });

  it('calls functions on the socket', () => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    const selves: unknown[] = [];
    ws.addEventListener('open', function listener(this: unknown) {
      selves.push(this);
    } as never);
    ws.emit('open');
    expect(selves).toEqual([ws]);
  });

  it.each(['ping', 'pong', 'upgrade', 'foo'])('ignores addEventListener for %s', (type) => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    loose(ws).addEventListener(type, () => {});
    expect(ws.listenerCount(type)).toBe(0);
  });

  it('removes only what it added', () => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    ws.on('message', one);
    ws.removeEventListener('message', one);
    expect(ws.listenerCount('message')).toBe(1);
    ws.addEventListener('message', one);
    ws.removeEventListener('message', two);
    expect(ws.listenerCount('message')).toBe(2);
    ws.removeEventListener('message', one);
    expect(ws.listeners('message')).toEqual([one]);
  });

  it('hears what is emitted by hand', () => {
    const ws = new implementation.WebSocket(null as never, undefined, {});
    const seen: unknown[] = [];
    ws.addEventListener('open', ({ type }) => seen.push(type));
    ws.addEventListener('message', ({ data }) => seen.push(data));
    ws.addEventListener('error', ({ message, error }) => seen.push(message, error));
    ws.addEventListener('close', ({ code, reason }) => seen.push(code, reason));
    const error = new Error('oops');
    ws.emit('open');
    ws.emit('message', Buffer.from('hi'), false);
    ws.emit('message', Buffer.from('hi'), true);
    ws.emit('error', error);
    ws.emit('close', 1000, Buffer.from('bye'));
    expect(seen).toEqual(['open', 'hi', Buffer.from('hi'), 'oops', error, 1000, 'bye']);
  });

  it('calls listeners of both sides in the order in which they were added', async () => {
    const { client, peer } = await connect(implementation);
    const calls: string[] = [];
    client.addEventListener('message', () => calls.push('first'));
    client.on('message', () => calls.push('second'));
    client.onmessage = () => calls.push('third');
    const message = nextMessage(client);
    peer.send('x');
    await message;
    expect(calls).toEqual(['first', 'second', 'third']);
  });

  it('gives data by binaryType, text as a string', async () => {
    const { client, peer } = await connect(implementation);
    client.binaryType = 'arraybuffer';
    const data: unknown[] = [];
    client.onmessage = (event) => data.push(event.data);
    peer.send('text');
    peer.send(Buffer.from([7]));
    peer.close();
    await closed(client);
    expect(data[0]).toBe('text');
    expect([...new Uint8Array(data[1] as ArrayBuffer)]).toEqual([7]);
  });
});
