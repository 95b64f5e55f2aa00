import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import {
  closed,
  connect,
  connectRaw,
  connectToRaw,
  dial,
  errorOf,
  type Message,
  nextMessage,
  tick,
} from './support.ts';

type Callback = (error?: Error) => void;

const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);

describe.each(implementations)('sending with %s', (_, implementation) => {
  it.each<[string, unknown, string | number[]]>([
    ['a string', 'Grüße', 'Grüße'],
    ['an empty string', '', ''],
    ['a number', 42, '42'],
    ['zero', 0, '0'],
    ['a Buffer', Buffer.from([1, 2, 3]), [1, 2, 3]],
    ['a Uint8Array within a larger buffer', bytes, [1, 2, 3]],
    ['a Uint16Array', new Uint16Array([1, 2]), [1, 0, 2, 0]],
    ['a Float32Array', new Float32Array([1]), [0, 0, 128, 63]],
    ['a DataView', new DataView(bytes.buffer, 1, 3), [1, 2, 3]],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer, [1, 2, 3]],
    ['a Blob', new Blob([bytes]), [1, 2, 3]],
    ['an empty Blob', new Blob([]), []],
    ['an array of bytes', [1, 2, 3], [1, 2, 3]],
    ['nothing', undefined, []],
    ['null', null, []],
    ['false', false, []],
    ['an empty Buffer', Buffer.alloc(0), []],
  ])('takes %s, from either end', async (_case, data, expected) => {
    const { client, peer } = await connect(implementation);
    for (const [from, to] of [
      [client, peer],
      [peer, client],
    ] as const) {
      const message = nextMessage(to);
      from.send(data as string);
      const received = await message;
      const isText = typeof expected === 'string';
      expect(received.isBinary).toBe(!isText);
      expect(isText ? received.data.toString() : [...received.data]).toEqual(expected);
    }
  });

  it.each([
    ['an object', {}],
    ['true', true],
    ['a symbol', Symbol('s')],
    ['a function', { send: () => {} }],
  ])('throws a TypeError for %s', async (_case, data) => {
    const { client } = await connect(implementation);
    expect(() => client.send(data as never)).toThrow(TypeError);
    expect(client.readyState).toBe(1);
  });

  it('says text or binary as it is told', async () => {
    const { client, peer } = await connect(implementation);
    const received: Message[] = [];
    peer.on('message', (data, isBinary) => received.push({ data: data as Buffer, isBinary }));
    client.send('text', { binary: true });
    client.send(Buffer.from('bytes'), { binary: false });
    client.send('', { binary: true });
    client.close();
    await closed(peer);
    expect(received.map(({ data, isBinary }) => [data.toString(), isBinary])).toEqual([
      ['text', true],
      ['bytes', false],
      ['', true],
    ]);
  });

  it('sends a message in fragments, whatever their types', async () => {
    const { client, peer } = await connect(implementation);
    const message = nextMessage(peer);
    client.send('one ', { fin: false });
    client.ping();
    client.send(Buffer.from('two '), { fin: false });
    client.send('', { fin: false });
    client.send('three', { fin: true });
    expect(await message).toEqual({ data: Buffer.from('one two three'), isBinary: false });
    const next = nextMessage(peer);
    client.send(Buffer.from('whole'));
    expect(await next).toEqual({ data: Buffer.from('whole'), isBinary: true });
  });

  it('masks as a client, does not as a server, and does as it is told', async () => {
    const server = await connectRaw(implementation);
    server.ws.send('abc');
    expect(await server.raw.read(5)).toBe('8103616263');
    server.ws.send('abc', { mask: true });
    expect((await server.raw.read(9)).slice(0, 4)).toBe('8183');

    const client = await connectToRaw(implementation);
    client.ws.send('abc');
    expect((await client.raw.read(9)).slice(0, 4)).toBe('8183');
    client.ws.send('abc', { mask: false });
    expect(await client.raw.read(5)).toBe('8103616263');
    client.ws.ping('a', false);
    expect(await client.raw.read(3)).toBe('890161');
  });

  it('does not change what it was given, nor what is changed afterwards', async () => {
    const { client, peer } = await connect(implementation);
    const data = Buffer.alloc(100_000, 1);
    const message = nextMessage(peer);
    client.send(data);
    expect(data.every((byte) => byte === 1)).toBe(true);
    data.fill(2, 0, 10);
    expect((await message).data.length).toBe(100_000);
  });

  it('calls back without an error, in order, as second or third argument', async () => {
    const { client } = await connect(implementation);
    const calls: unknown[] = [];
    await new Promise<void>((resolve) => {
      client.send('one', (error) => calls.push(['one', error ?? null]));
      client.send('two', { binary: true }, (error) => calls.push(['two', error ?? null]));
      (client.ping as unknown as (callback: Callback) => void)((error) => calls.push(['ping', error ?? null]));
      (client.ping as unknown as (data: string, callback: Callback) => void)('x', (error) =>
        calls.push(['ping x', error ?? null]),
      );
      client.pong('x', true, (error) => calls.push(['pong', error ?? null]));
      client.send('three', undefined as never, (error) => {
        calls.push(['three', error ?? null]);
        resolve();
      });
      expect(calls).toEqual([]);
    });
    expect(calls).toEqual([
      ['one', null],
      ['two', null],
      ['ping', null],
      ['ping x', null],
      ['pong', null],
      ['three', null],
    ]);
  });

  it.each(['send', 'ping', 'pong'] as const)('%s throws while connecting', (method) => {
    const ws = dial(implementation, 'ws://127.0.0.1:1/');
    ws.on('error', () => {});
    const message = 'WebSocket is not open: readyState 0 (CONNECTING)';
    expect(() => ws[method]('x')).toThrow(new Error(message));
    expect(() => ws[method](undefined)).toThrow(new Error(message));
  });

  it.each(['send', 'ping', 'pong'] as const)(
    '%s tells its callback when the socket is closing or closed',
    async (method) => {
      const { client } = await connect(implementation);
      const tooLate = (data: unknown): Promise<Error | undefined> =>
        new Promise((resolve) => (client[method] as (data: unknown, callback: Callback) => void)(data, resolve));
      client.close();
      const start = client.bufferedAmount;
      expect(await tooLate('four')).toEqual(new Error('WebSocket is not open: readyState 2 (CLOSING)'));
      expect(client.bufferedAmount).toBeGreaterThanOrEqual(start === 0 ? 4 : 0);
      client[method]('no callback, no throw');
      await closed(client);
      const end = client.bufferedAmount;
      expect(await tooLate('Grüße')).toEqual(new Error('WebSocket is not open: readyState 3 (CLOSED)'));
      expect(client.bufferedAmount - end).toBe(7);
      await tooLate(Buffer.alloc(10));
      await tooLate(new Blob(['abc']));
      await tooLate(123);
      expect(client.bufferedAmount - end).toBe(23);
    },
  );

  it('calls back too late, never at once', async () => {
    const { client } = await connect(implementation);
    client.terminate();
    let isCalled = false;
    client.send('x', () => (isCalled = true));
    expect(isCalled).toBe(false);
    await tick();
    expect(isCalled).toBe(true);
  });

  it('tells the callbacks of what could not be sent', async () => {
    const { client, peer } = await connect(implementation);
    peer.pause();
    const errors: (Error | undefined)[] = [];
    for (let i = 0; i < 40; i++) client.send(Buffer.alloc(1 << 20), (error) => errors.push(error));
    const end = closed(client);
    client.terminate();
    await end;
    await tick();
    expect(errors).toHaveLength(40);
    expect(errors.at(-1)).toBeInstanceOf(Error);
  });
});

describe.each(implementations)('pings and pongs of %s', (_, implementation) => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, ''],
    ['a string', 'hé', 'hé'],
    ['a number', 7, '7'],
    ['a Buffer', Buffer.from('b'), 'b'],
    ['a Uint8Array', new Uint8Array([65]), 'A'],
    ['an ArrayBuffer', new Uint8Array([66]).buffer, 'B'],
    ['125 bytes', 'x'.repeat(125), 'x'.repeat(125)],
  ])('carry %s', async (_case, data, expected) => {
    const { client, peer } = await connect(implementation);
    for (const kind of ['ping', 'pong'] as const) {
      const heard = new Promise<Buffer>((resolve) => peer.once(kind, resolve));
      client[kind](data);
      const payload = await heard;
      expect([Buffer.isBuffer(payload), payload.toString()]).toEqual([true, expected]);
    }
  });

  it.each(['x'.repeat(126), Buffer.alloc(126), 'é'.repeat(63)])(
    'throw a RangeError for more than 125 bytes',
    async (data) => {
      const { client } = await connect(implementation);
      const error = new RangeError('The data size must not be greater than 125 bytes');
      expect(() => client.ping(data)).toThrow(error);
      expect(() => client.pong(data)).toThrow(error);
      expect(client.readyState).toBe(1);
    },
  );

  it('answer a ping with its payload, and tell of it', async () => {
    const { client, peer } = await connect(implementation);
    const pings: string[] = [];
    client.on('ping', (data) => pings.push(data.toString()));
    const pong = new Promise<Buffer>((resolve) => peer.once('pong', resolve));
    peer.ping('are you there');
    expect((await pong).toString()).toBe('are you there');
    expect(pings).toEqual(['are you there']);
  });

  it.each(['client', 'server'] as const)('are left to the user with autoPong: false of the %s', async (side) => {
    const { client, peer } = await connect(implementation, { [side]: { autoPong: false } });
    const [quiet, other]: [WebSocket, WebSocket] = side === 'client' ? [client, peer] : [peer, client];
    const pongs: string[] = [];
    other.on('pong', (data) => pongs.push(data.toString()));
    const ping = new Promise((resolve) => quiet.once('ping', resolve));
    other.ping('first');
    await ping;
    quiet.pong('mine');
    quiet.close();
    await closed(other);
    expect(pongs).toEqual(['mine']);
  });

  it('mask as the role says', async () => {
    const { ws, raw } = await connectRaw(implementation);
    ws.ping('a');
    expect(await raw.read(3)).toBe('890161');
    ws.ping();
    expect(await raw.read(2)).toBe('8900');
    raw.write('89 81 00 00 00 00 61');
    expect(await raw.read(3)).toBe('8a0161');
    const error = errorOf(ws);
    raw.write('89 01 61');
    await error;
  });
});
