import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { HandshakeError, type ServerOptions, WebSocketClient, WebSocketServer } from '../../src/index.ts';
import { encodeAccept } from '../../src/protocol/accept.ts';
import { until } from './support.ts';

interface Pair {
  readonly wss: WebSocketServer;
  readonly url: string;
  readonly client: WebSocketClient;
  readonly peer: WebSocketClient;
}

async function serve(options: ServerOptions = {}): Promise<{ wss: WebSocketServer; url: string }> {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => {
    for (const ws of wss.clients) ws.terminate();
    wss.close();
  });
  await once(wss, 'listening');
  return { wss, url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}/` };
}

async function pair(options: ServerOptions = {}): Promise<Pair> {
  const { wss, url } = await serve(options);
  const connection = once(wss, 'connection') as Promise<[WebSocketClient]>;
  const client = await WebSocketClient.connect(url);
  onTestFinished(() => client.terminate());
  return { wss, url, client, peer: (await connection)[0] };
}

function refuse(): never {
  throw new HandshakeError(401, 'no');
}

/** A server's socket with more waiting than may. */
async function full(): Promise<Pair> {
  const both = await pair({ highWaterMark: 100_000 });
  both.client.pause();
  while (both.peer.send(Buffer.alloc(1 << 20)));
  while (both.peer.bufferedAmount < 16 << 20) both.peer.send(Buffer.alloc(1 << 20));
  return both;
}

/** The events of a socket on which listeners are left. */
const listenedTo = (ws: WebSocketClient): string[] =>
  ['open', 'message', 'error', 'drain'].filter((event) => ws.listenerCount(event as 'open') > 0);

describe('WebSocketClient.connect', () => {
  it('gives an open socket, of the class that is asked', async () => {
    const { url } = await serve();
    class Mine extends WebSocketClient {
      mine = true;
    }
    const ws = await Mine.connect(url, { protocols: ['chat'] });
    expectTypeOf(ws).toEqualTypeOf<Mine>();
    expect([ws.readyState, ws.protocol, ws.mine]).toEqual([1, 'chat', true]);
    expect(listenedTo(ws)).toEqual([]);
    ws.terminate();
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['an address that is none', async () => 'nonsense', /^SyntaxError: Invalid URL: nonsense/],
    ['nobody who listens', async () => 'ws://127.0.0.1:1/', /ECONNREFUSED/],
    [
      'a refusal',
      async () => {
        return (await serve({ authenticate: refuse })).url;
      },
      /Unexpected server response: 401/,
    ],
  ])('rejects for %s', async (_, address, message) => {
    await expect(WebSocketClient.connect(await address()).catch(String)).resolves.toMatch(message);
  });

  it('rejects with the reason of its signal, and the signal means nothing later', async () => {
    const { wss, url } = await serve();
    await expect(WebSocketClient.connect(url, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    const silent = await serve({ authenticate: () => new Promise(() => {}) });
    const late = new AbortController();
    const attempt = WebSocketClient.connect(silent.url, { signal: late.signal });
    setTimeout(() => late.abort(new Error('enough')), 20);
    await expect(attempt).rejects.toThrow('enough');

    const controller = new AbortController();
    const ws = await WebSocketClient.connect(url, { signal: controller.signal });
    controller.abort();
    expect(ws.readyState).toBe(1);
    ws.close();
    await once(ws, 'close');
    expect(wss.clients.size).toBeLessThanOrEqual(1);
  });

  it('loses nothing that came with the answer', async () => {
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      onTestFinished(() => void socket.destroy());
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      const accept = `Sec-WebSocket-Accept: ${encodeAccept(request.headers['sec-websocket-key']!)}`;
      socket.write(`${[...lines, accept].join('\r\n')}\r\n\r\n\x81\x01a\x81\x01b`, 'latin1');
    });
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const ws = await WebSocketClient.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    onTestFinished(() => ws.terminate());
    const messages: string[] = [];
    for await (const message of ws) {
      messages.push(String(message));
      if (messages.length === 2) break;
    }
    expect(messages).toEqual(['a', 'b']);
  });

  it('leaves reading to whoever paused it', async () => {
    const { wss, url } = await serve();
    const connection = once(wss, 'connection') as Promise<[WebSocketClient]>;
    const ws = await WebSocketClient.connect(url);
    onTestFinished(() => ws.terminate());
    ws.pause();
    const [peer] = await connection;
    let messages = 0;
    ws.on('message', () => (messages += 1));
    for (let i = 0; i < 32; i++) peer.send(Buffer.alloc(1 << 20));
    await sleep(50);
    expect([ws.isPaused, messages]).toEqual([true, 0]);
    // What is not read waits at the other end, not here.
    expect((ws._socket as Socket).bytesRead).toBeLessThan(1_000);
    ws.resume();
    await once(ws, 'message');
  });
});

describe('for await (const message of ws)', () => {
  it('gives text as strings and binary as Buffers, in order, until the peer says Close', async () => {
    const { client, peer } = await pair();
    const all = (async () => {
      const messages: unknown[] = [];
      for await (const message of client) messages.push(message);
      return messages;
    })();
    peer.send('text ✓');
    peer.send(Buffer.from([1, 2]));
    peer.send('');
    peer.close(4000, 'enough');
    expect(await all).toEqual(['text ✓', Buffer.from([1, 2]), '']);
    expect(listenedTo(client)).toEqual([]);
  });

  it('reads little ahead of a busy consumer, which slows the peer down, and loses nothing', async () => {
    const { client, peer } = await pair();
    const size = 16_384;
    const count = 2_000;
    const read: number[] = [];
    let emitted = 0;
    client.on('message', () => (emitted += 1));
    const messages = client[Symbol.asyncIterator]();
    for (let i = 0; i < count; i++) {
      const message = Buffer.alloc(size);
      message.writeUInt32BE(i);
      peer.send(message);
    }
    peer.close();
    await until(() => client.isPaused);
    await sleep(100);
    expect(client.isPaused).toBe(true);
    expect(emitted).toBe(4);
    expect(peer.bufferedAmount).toBeGreaterThan(1 << 20);
    for await (const message of messages) read.push((message as Buffer).readUInt32BE());
    expect(read).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it('throws when the connection is lost, behind what had arrived', async () => {
    const { client, peer } = await pair();
    const messages = client[Symbol.asyncIterator]();
    peer.send('last');
    await once(client, 'message');
    peer.terminate();
    await once(client, 'close');
    expect(await messages.next()).toEqual({ value: 'last', done: false });
    await expect(messages.next()).rejects.toThrow('The connection was lost (1006)');
    expect(await messages.next()).toEqual({ value: undefined, done: true });
  });

  it('throws what the peer broke, which is then unheard by nobody', async () => {
    const { client, peer } = await pair();
    const next = client[Symbol.asyncIterator]().next();
    peer._socket!.write(Buffer.from('8701', 'hex'));
    await expect(next).rejects.toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
  });

  it('leaves the socket open, and reading, when the loop is left', async () => {
    const { client, peer } = await pair();
    for (let i = 0; i < 10; i++) peer.send(Buffer.alloc(65_536, i));
    for await (const message of client) {
      expect((message as Buffer)[0]).toBe(0);
      await until(() => client.isPaused);
      break;
    }
    expect([client.readyState, client.isPaused, listenedTo(client)]).toEqual([1, false, []]);
    const pong = once(client, 'message');
    peer.send('after');
    await pong;
  });

  it('answers several that wait, in their order, and all of them at the end', async () => {
    const { client, peer } = await pair();
    const messages = client[Symbol.asyncIterator]();
    const waiting = [messages.next(), messages.next(), messages.next(), messages.next()];
    peer.send('a');
    peer.send('b');
    peer.close();
    expect((await Promise.all(waiting)).map(({ value, done }) => [value, done])).toEqual([
      ['a', false],
      ['b', false],
      [undefined, true],
      [undefined, true],
    ]);
    expect(await client[Symbol.asyncIterator]().next()).toEqual({ value: undefined, done: true });
  });

  it.each(['arraybuffer', 'blob'] as const)('pauses by the size of %ss, too', async (binaryType) => {
    const { client, peer } = await pair();
    client.binaryType = binaryType;
    const messages = client[Symbol.asyncIterator]();
    for (let i = 0; i < 10; i++) peer.send(Buffer.alloc(30_000, i));
    await until(() => client.isPaused);
    for (let i = 0; i < 10; i++) expect((await messages.next()).done).toBe(false);
    expect(client.isPaused).toBe(false);
  });
});

describe('drained and sendAsync', () => {
  it('resolve at once where there is room', async () => {
    const { peer, client } = await pair();
    await peer.drained();
    const message = once(client, 'message');
    await peer.sendAsync('text', { binary: true });
    expect((await message)[1]).toBe(true);
    expect(listenedTo(peer)).toEqual([]);
  });

  it('wait for room', async () => {
    const { peer, client } = await full();
    const settled: string[] = [];
    const waits = [
      peer.drained().then(() => settled.push('drained')),
      peer.sendAsync('more').then(() => settled.push('sent')),
    ];
    await sleep(30);
    expect(settled).toEqual([]);
    client.resume();
    await Promise.all(waits);
    expect(peer.bufferedAmount).toBeLessThanOrEqual(100_000);
    expect(listenedTo(peer)).toEqual([]);
  });

  it('reject when the socket closes meanwhile, or is not open', async () => {
    const { peer } = await full();
    const wait = expect(peer.drained()).rejects.toThrow('WebSocket is not open: readyState 3 (CLOSED)');
    peer.terminate();
    await wait;
    await expect(peer.drained()).rejects.toThrow('not open');
    await expect(peer.sendAsync('late')).rejects.toThrow('not open');
    expect(listenedTo(peer)).toEqual([]);
  });

  it('reject with the reason of their signal', async () => {
    const { peer } = await full();
    const controller = new AbortController();
    const wait = expect(peer.drained({ signal: controller.signal })).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await wait;
    const before = peer.bufferedAmount;
    await expect(peer.sendAsync('no', { signal: controller.signal })).rejects.toThrow('enough');
    expect([peer.bufferedAmount, listenedTo(peer)]).toEqual([before, []]);
  });
});

describe('[Symbol.asyncDispose]', () => {
  it('says Close and resolves when it is closed, also where nothing was read', async () => {
    const { client, peer } = await pair();
    const end = once(peer, 'close');
    client.pause();
    await client[Symbol.asyncDispose]();
    expect(client.readyState).toBe(3);
    expect(client.closeInfo).toMatchObject({ clean: true, initiator: 'local' });
    expect((await end)[0]).toBe(1005);
    await client[Symbol.asyncDispose]();
  });

  it('ends an attempt to connect, and its error is nobody’s', async () => {
    const { url } = await serve({ authenticate: () => new Promise(() => {}) });
    const ws = new WebSocketClient(url);
    await ws[Symbol.asyncDispose]();
    expect(ws.readyState).toBe(3);
  });
});
