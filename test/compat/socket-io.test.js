import { createServer } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import WebSocket, { WebSocketServer } from 'ws';
import { listen, until } from './support.js';

/** A server and a way to make clients of it. */
async function start(options = {}) {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'], ...options });
  const port = await listen(http);
  onTestFinished(() => server.close());
  const connect = async (clientOptions = {}, path = '') => {
    const client = io(`http://127.0.0.1:${port}${path}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 20,
      ...clientOptions,
    });
    onTestFinished(() => client.disconnect());
    await new Promise((resolve, reject) => {
      client.once('connect', resolve);
      client.once('connect_error', reject);
    });
    return client;
  };
  return { server, port, connect };
}

describe('socket.io', () => {
  it.each([
    ['what it requires by itself', undefined],
    ['its option wsEngine', WebSocketServer],
  ])('sends events and acknowledgements both ways, through %s', async (_, wsEngine) => {
    const { server, connect } = await start(wsEngine ? { wsEngine } : {});
    server.on('connection', (socket) => {
      socket.on('add', (a, b, answer) => answer(a + b));
      socket.on('echo', (...args) => socket.emit('echoed', ...args));
      socket.on('ask me', async () => socket.emit('answered', await socket.timeout(1_000).emitWithAck('name')));
    });
    const client = await connect();
    expect(client.io.engine.transport.name).toBe('websocket');
    expect(client.io.engine.transport.ws).toBeInstanceOf(WebSocket);
    expect(await client.timeout(1_000).emitWithAck('add', 2, 3)).toBe(5);
    const echoed = new Promise((resolve) => client.on('echoed', (...args) => resolve(args)));
    client.emit('echo', 'text ✓', { deep: [1, null, { x: true }] });
    expect(await echoed).toEqual(['text ✓', { deep: [1, null, { x: true }] }]);
    client.on('name', (answer) => answer('ada'));
    const answered = once(client, 'answered');
    client.emit('ask me');
    expect(await answered).toEqual(['ada']);
  });

  it('carries binary data within messages, both ways', async () => {
    const { server, connect } = await start();
    server.on('connection', (socket) => {
      socket.on('bytes', (message, answer) => {
        expect(Buffer.isBuffer(message.one)).toBe(true);
        answer({ one: Buffer.from(message.one.toReversed()), two: message.two, size: message.large.length });
      });
    });
    const client = await connect();
    const answer = await client.emitWithAck('bytes', {
      one: Buffer.from([1, 2, 3]),
      two: new Uint8Array([4, 5]),
      large: Buffer.alloc(500_000, 7),
    });
    expect([...answer.one]).toEqual([3, 2, 1]);
    expect([...answer.two]).toEqual([4, 5]);
    expect(answer.size).toBe(500_000);
  });

  it('broadcasts to rooms, also prepared and compressed', async () => {
    const { server, connect } = await start({ perMessageDeflate: { threshold: 0 } });
    server.on('connection', (socket) => {
      socket.on('join', async (room, answer) => {
        await socket.join(room);
        answer();
      });
      socket.on('say', (room, text) => socket.to(room).emit('said', text));
    });
    const [one, two, three] = await Promise.all([connect(), connect(), connect()]);
    await Promise.all([one.emitWithAck('join', 'r'), two.emitWithAck('join', 'r')]);
    const heard = { one: [], two: [], three: [] };
    one.on('said', (text) => heard.one.push(text));
    two.on('said', (text) => heard.two.push(text));
    three.on('said', (text) => heard.three.push(text));
    for (let i = 0; i < 50; i++) server.to('r').emit('said', `${i} ${'x'.repeat(200)}`);
    one.emit('say', 'r', 'from one');
    await until(() => heard.two.length === 51 && heard.one.length === 50);
    expect(heard.one).toEqual(Array.from({ length: 50 }, (_unused, i) => `${i} ${'x'.repeat(200)}`));
    expect(heard.two.at(-1)).toBe('from one');
    const everywhere = Promise.all([one, two, three].map((client) => once(client, 'bye')));
    server.emit('bye', 1);
    expect(await everywhere).toEqual([[1], [1], [1]]);
    expect(heard.three).toEqual([]);
  });

  it('moves from polling to WebSocket', async () => {
    const { server, connect } = await start({ transports: ['polling', 'websocket'] });
    server.on('connection', (socket) => socket.on('hi', (answer) => answer(socket.conn.transport.name)));
    const client = await connect({ transports: ['polling', 'websocket'] });
    if (client.io.engine.transport.name !== 'websocket') await once(client.io.engine, 'upgrade');
    expect(await client.emitWithAck('hi')).toBe('websocket');
  });

  it('comes back after a cut, to its rooms and what it missed', async () => {
    const { server, connect } = await start({ connectionStateRecovery: {} });
    server.on('connection', (socket) => {
      if (!socket.recovered) void socket.join('r');
    });
    const client = await connect();
    const texts = [];
    client.on('text', (text) => texts.push(text));
    server.to('r').emit('text', 'before');
    await until(() => texts.length === 1);
    const { id } = client;
    const reason = once(client, 'disconnect');
    for (const socket of server.of('/').sockets.values()) socket.conn.transport.socket.terminate();
    expect((await reason)[0]).toBe('transport close');
    server.to('r').emit('text', 'while away');
    await until(() => client.connected && texts.length === 2);
    expect([texts, client.recovered, client.id]).toEqual([['before', 'while away'], true, id]);
  });

  it('lets a namespace turn a client away', async () => {
    const { server, connect } = await start();
    server.of('/private').use((socket, next) => {
      next(socket.handshake.auth.token === 'right' ? undefined : new Error('not you'));
    });
    await expect(connect({ auth: { token: 'wrong' } }, '/private')).rejects.toThrow('not you');
    const client = await connect({ auth: { token: 'right' } }, '/private');
    expect(client.connected).toBe(true);
  });

  it('tells both sides of a disconnect', async () => {
    const { server, connect } = await start();
    const gone = new Promise((resolve) => server.on('connection', (socket) => socket.on('disconnect', resolve)));
    const client = await connect();
    client.disconnect();
    expect(await gone).toBe('client namespace disconnect');
    const other = await connect();
    const reason = once(other, 'disconnect');
    server.disconnectSockets(true);
    expect((await reason)[0]).toBe('io server disconnect');
  });

  it('finds a peer that is silent by its pings', async () => {
    const { server, connect } = await start({ pingInterval: 30, pingTimeout: 40 });
    const gone = new Promise((resolve) => server.on('connection', (socket) => socket.on('disconnect', resolve)));
    const client = await connect({ reconnection: false, autoUnref: true });
    const { ws } = client.io.engine.transport;
    ws.pause();
    expect(await gone).toBe('ping timeout');
    // Nothing will be read on it, not even the answer to a Close.
    ws.terminate();
  });
});
