import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PreparedMessage, WebSocketClient, WebSocketServer } from '../../src/index.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { makeKernel } from '../support/kernel.ts';
import { selfSignedCertificate } from '../support/tls.ts';
import {
  cleanUp,
  closed,
  dial,
  duplexPair,
  listen,
  masked,
  openPair,
  portOf,
  RawPeer,
  sleep,
  type SlowDuplex,
  started,
  uncaught,
  until,
} from './support.ts';

/** Counts the writes of a socket's stream, and the bytes. */
function countWrites(ws: WebSocket): { writes: number; flushes: number } {
  const stream = ws._socket!;
  const count = { writes: 0, flushes: 0 };
  const { _write, _writev } = stream;
  stream._write = function (this: Duplex, ...args) {
    count.flushes++;
    return _write.apply(this, args);
  };
  stream._writev = function (this: Duplex, ...args) {
    count.flushes++;
    return _writev!.apply(this, args);
  };
  return count;
}

/** Two sockets over plain Duplexes that keep what is written for a while. */
function memoryPair(options?: Parameters<typeof duplexPair>[0]): {
  client: WebSocketClient;
  server: WebSocketClient;
  near: SlowDuplex;
} {
  const [near, far] = duplexPair(options);
  const server = new WebSocketClient(null);
  const client = new WebSocketClient(null, undefined, { isServer: false });
  server.setSocket(near, Buffer.alloc(0));
  client.setSocket(far, Buffer.alloc(0));
  cleanUp(() => {
    server.terminate();
    client.terminate();
  });
  return { client, server, near };
}

async function tlsPair(): Promise<{ client: WebSocketClient; server: WebSocket }> {
  const certificate = selfSignedCertificate();
  const server = await started(https.createServer(certificate));
  const wss = new WebSocketServer({ server });
  const connection = once(wss, 'connection') as Promise<[WebSocket]>;
  const client = dial(`wss://127.0.0.1:${portOf(server)}/`, { ca: certificate.cert });
  const [[ws]] = await Promise.all([connection, once(client, 'open')]);
  return { client, server: ws };
}

/** A message that carries its digest, so that a byte that changed on the way shows. */
function signed(size: number): Buffer {
  const body = randomBytes(size);
  return Buffer.concat([createHash('sha1').update(body).digest(), body]);
}

/** What is sent in one tick, as sizes; a negative one is a prepared message. */
const ticks = {
  'of all sizes': [10, 300, 2_000, 9_000, 16_363, 16_364, 70_000, 12, 301],
  'of few small messages': [5_000, 5_001, 5_002],
  'of small messages': Array.from({ length: 10 }, (_, i) => 5_000 + i),
  'of small and prepared messages': Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? -4_000 : 3_000)),
  'of small messages before a large one': [...Array.from({ length: 10 }, () => 5_000), 20_000],
};

function send(ws: WebSocket, size: number): boolean {
  return ws.send(size < 0 ? new PreparedMessage(signed(-size)) : signed(size));
}

function isIntact(data: Buffer): boolean {
  return createHash('sha1').update(data.subarray(20)).digest().equals(data.subarray(0, 20));
}

/**
 * Sends to somebody who reads nothing until all buffers are full, and on from there, tick after tick: then memory
 * that was released too early has been written again when it is read.
 */
async function exchange(from: WebSocket, to: WebSocket, tick: readonly number[], rounds = 2): Promise<void> {
  let sent = 0;
  let received = 0;
  let broken = 0;
  to.on('message', (data) => {
    received++;
    if (!isIntact(data)) broken++;
  });
  for (let round = 0; round < rounds; round++) {
    to.pause();
    // Some streams are never full.
    let ticksLeft = from._socket instanceof net.Socket ? 2_000 : 60;
    while (ticksLeft-- > 0) {
      let isFull = false;
      for (const size of tick) isFull = !send(from, size);
      sent += tick.length;
      if (isFull) ticksLeft = Math.min(ticksLeft, 10);
      await nextTurn();
    }
    to.resume();
    await until(() => received === sent, `${sent} messages`);
  }
  expect(broken).toBe(0);
}

/** A Blob whose bytes come when they do, or never. */
class SlowBlob extends Blob {
  readonly #bytes: Promise<ArrayBuffer>;

  constructor(size: number, bytes: Promise<ArrayBuffer>) {
    super([Buffer.alloc(size)]);
    this.#bytes = bytes;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes;
  }
}

function unreadable(size: number): Blob {
  return new SlowBlob(size, Promise.reject(new Error('not readable')));
}

function throwing(): never {
  throw new Error('mine');
}

function nextTurn(): Promise<void> {
  return new Promise((resume) => {
    setImmediate(resume);
  });
}

describe('writes', () => {
  it('64 sends in one tick are one write, on either side', async () => {
    const pair = await openPair();
    for (const ws of [pair.server, pair.client]) {
      const count = countWrites(ws);
      for (let i = 0; i < 64; i++) ws.send(`message ${i}`);
      await sleep(5);
      expect(count.flushes).toBe(1);
    }
  });

  it('the replies to one chunk are one write', async () => {
    const { wss, port } = await listen();
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const peer = await RawPeer.upgrade(port);
    const [server] = await connection;
    server.on('message', (data) => server.send(data));
    const count = countWrites(server);
    peer.write(Buffer.concat(Array.from({ length: 64 }, (_, i) => masked(2, `${i % 10}`))));
    await until(() => peer.received.length === 64 * 3);
    expect(count.flushes).toBe(1);
  });

  it('pings, messages and the close of one tick leave in order and together', async () => {
    const { server, client } = await openPair();
    const heard: string[] = [];
    client.on('ping', (data) => heard.push(`ping ${String(data)}`));
    client.on('message', (data) => heard.push(String(data)));
    client.on('close', (code) => heard.push(`close ${code}`));
    const count = countWrites(server);
    server.send('one');
    server.ping('two');
    server.send(new PreparedMessage('three'));
    server.close(1001);
    await closed(client);
    expect(heard).toEqual(['one', 'ping two', 'three', 'close 1001']);
    expect(count.flushes).toBe(1);
  });
});

describe('callbacks of send', () => {
  it('come in order and once, for messages of all sizes', async () => {
    const { server, client } = await openPair();
    const order: number[] = [];
    const expected = Array.from({ length: 200 }, (_, i) => i);
    for (const i of expected) {
      const size = [3, 200, 5_000, 20_000, 100_000][i % 5]!;
      server.send(Buffer.alloc(size, i), (error) => {
        expect(error).toBeFalsy();
        order.push(i);
      });
    }
    let received = 0;
    client.on('message', () => received++);
    await until(() => received === 200 && order.length === 200);
    expect(order).toEqual(expected);
  });

  it('come once each, with an error, when the connection dies with bytes on their way', async () => {
    for (const end of ['reset', 'terminate'] as const) {
      const { wss, port } = await listen();
      const connection = once(wss, 'connection') as Promise<[WebSocket]>;
      const peer = await RawPeer.upgrade(port);
      const [server] = await connection;
      peer.socket.pause();
      const order: number[] = [];
      const failed: number[] = [];
      for (let i = 0; i < 100; i++) {
        server.send(Buffer.alloc(200_000), (error) => {
          order.push(i);
          if (error) failed.push(i);
        });
      }
      await sleep(20);
      server.send('in the outbox', (error) => {
        order.push(100);
        if (error) failed.push(100);
      });
      if (end === 'reset') peer.socket.resetAndDestroy();
      else server.terminate();
      expect(await closed(server)).toMatchObject({ code: 1006 });
      await until(() => order.length >= 101, 'every callback');
      server.send('too late', (error) => error && order.push(101));
      await until(() => order.length >= 102, 'the last callback');
      await sleep(5);
      expect(order, end).toEqual(Array.from({ length: 102 }, (_, i) => i));
      expect(failed.length, end).toBeGreaterThan(0);
      expect(failed, end).toEqual(order.slice(-failed.length - 1, -1));
    }
  });

  it.each([
    ['a long message that is being compressed', () => Buffer.alloc(2 << 20, 'compress me')],
    ['a Blob that is never read', () => new SlowBlob(3, new Promise(() => {}))],
  ])('come in order, with an error, when the connection dies behind %s', async (_, create) => {
    const { server } = await openPair({ perMessageDeflate: true });
    const told: unknown[] = [];
    const tell = (what: string) => (error?: Error | null) => told.push([what, error?.message]);
    server.send(create(), tell('what takes its time'));
    server.send('waits', tell('waits'));
    server.ping('waits', undefined, tell('a ping that waits'));
    server.terminate();
    await closed(server);
    await sleep(50);
    const message = 'The socket was closed before the message was sent';
    expect(told).toEqual([
      ['what takes its time', message],
      ['waits', message],
      ['a ping that waits', message],
    ]);
  });

  it('tell of a Blob that cannot be read in its turn, and what they throw holds up nothing behind it', async () => {
    const { server, client } = memoryPair({ delay: 20 });
    const got: string[] = [];
    client.on('message', (data) => got.push(String(data)));
    const told: unknown[] = [];
    const thrown = await uncaught(async () => {
      server.send('before', () => told.push('before'));
      server.send(unreadable(3), (error) => {
        told.push(error?.message);
        throw new Error('mine');
      });
      server.send('behind', () => told.push('behind'));
      await until(() => got.length === 2 && told.length === 3);
    });
    expect(thrown).toEqual([new Error('mine')]);
    expect(told).toEqual(['before', 'not readable', 'behind']);
    expect(got).toEqual(['before', 'behind']);
    expect(server.bufferedAmount).toBe(0);
  });

  it('throws nothing into the others when one of them throws', async () => {
    const { server } = await openPair();
    const thrown = await uncaught(async () => {
      let called = 0;
      server.send('one', () => {
        throw new Error('mine');
      });
      server.send('two', () => called++);
      await until(() => called === 1);
    });
    expect(thrown).toHaveLength(1);
  });
});

describe('back-pressure', () => {
  it("send returns false above the high-water mark, bufferedAmount tells how far, 'drain' when to go on", async () => {
    const { wss, port } = await listen();
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const peer = await RawPeer.upgrade(port);
    const [server] = await connection;
    expect(server.bufferedAmount).toBe(0);
    expect(server.send('small')).toBe(true);
    await until(() => server.bufferedAmount === 0);
    peer.socket.pause();
    let drained = 0;
    server.on('drain', () => drained++);
    let sent = 0;
    while (server.send(Buffer.alloc(300_000))) sent++;
    expect(server.bufferedAmount).toBeGreaterThan(1 << 20);
    expect(server.bufferedAmount).toBeLessThan((1 << 20) + 600_000);
    await sleep(20);
    expect(drained).toBe(0);
    peer.socket.resume();
    await until(() => drained > 0, 'drain');
    expect(drained).toBe(1);
    expect(server.bufferedAmount).toBe(0);
    expect(sent).toBeGreaterThan(2);
    expect(server.send('on')).toBe(true);
  });

  it("'drain' follows also a high-water mark that is below the stream's own", async () => {
    const { server } = await openPair({ highWaterMark: 100 });
    let drained = 0;
    server.on('drain', () => drained++);
    expect(server.send('x'.repeat(50))).toBe(true);
    expect(server.send('x'.repeat(60))).toBe(false);
    await until(() => drained === 1, 'drain');
    await sleep(20);
    expect(drained).toBe(1);
    expect(server.bufferedAmount).toBe(0);
    expect(server.send('x'.repeat(50))).toBe(true);
  });

  it.each([
    ['that leaves at once', 20_000, 100],
    ['of more than the default mark', 2 << 20, undefined],
  ])("'drain' follows a message %s to a stream that is never full by its own measure", async (_, size, mark) => {
    const [near] = duplexPair({ delay: 5, highWaterMark: 16 << 20 });
    const ws = new WebSocketClient(null, undefined, { highWaterMark: mark });
    ws.setSocket(near, Buffer.alloc(0));
    cleanUp(() => ws.terminate());
    let drained = 0;
    ws.on('drain', () => drained++);
    expect(ws.send(Buffer.alloc(size))).toBe(false);
    await until(() => drained === 1, 'drain');
    await sleep(20);
    expect(drained).toBe(1);
    expect(ws.bufferedAmount).toBe(0);
  });

  it.each([
    ["a listener to 'drain'", (ws: WebSocket) => ws.once('drain', throwing)],
    ['a callback', (ws: WebSocket) => ws.send('x', throwing)],
  ])('what %s throws keeps no callback from being called behind a slow peer', async (_, prepare) => {
    for (const isLost of [false, true]) {
      const { server, client } = await openPair();
      client.pause();
      const count = 60;
      let called = 0;
      for (let i = 0; i < count; i++) {
        if (i === 40) prepare(server);
        server.send(Buffer.alloc(300_000), () => called++);
      }
      const thrown = await uncaught(async () => {
        if (isLost) server.terminate();
        else client.resume();
        await until(() => called === count, 'all callbacks');
        await nextTurn();
      });
      if (!isLost) expect(thrown).toEqual([new Error('mine')]);
    }
  });

  it.each([
    ['a callback', () => {}],
    ['none', undefined],
  ])("'drain' follows also a Blob that could not be read, with %s", async (_, callback) => {
    const { server } = await openPair({ highWaterMark: 100 });
    let drained = 0;
    server.on('drain', () => drained++);
    expect(server.send(unreadable(200), callback)).toBe(false);
    await until(() => drained === 1, 'drain');
    expect(server.bufferedAmount).toBe(0);
    expect(server.send('x')).toBe(true);
  });

  it("'drain' is not emitted to whom send never returned false", async () => {
    const { server, client } = await openPair();
    server.on('drain', () => expect.unreachable());
    let received = 0;
    client.on('message', () => received++);
    for (let i = 0; i < 20; i++) {
      expect(server.send(Buffer.alloc(100_000))).toBe(true);
      await sleep(1);
    }
    await until(() => received === 20);
  });

  it('bufferedAmount counts what was sent too late', async () => {
    const { server, client } = await openPair();
    client.close();
    await closed(server);
    expect(server.send('12345')).toBe(false);
    server.ping('123');
    expect(server.bufferedAmount).toBe(8);
  });

  it('throws while connecting', () => {
    const ws = dial('ws://127.0.0.1:9/');
    ws.on('error', () => {});
    expect(() => ws.send('x')).toThrow('WebSocket is not open: readyState 0 (CONNECTING)');
    expect(() => ws.ping()).toThrow('CONNECTING');
  });

  it('pings behind a peer that does not read cost no memory', async () => {
    const { wss, port } = await listen();
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const peer = await RawPeer.upgrade(port);
    const [server] = await connection;
    let pings = 0;
    server.on('ping', () => pings++);
    peer.socket.pause();
    server.send(Buffer.alloc(8 << 20));
    const before = server.bufferedAmount;
    const burst = Buffer.concat(Array.from({ length: 10_000 }, () => masked(9, 'x'.repeat(100))));
    for (let i = 0; i < 3; i++) peer.write(burst);
    await until(() => pings === 30_000);
    expect(server.bufferedAmount).toBeLessThan(before + 100_000);
    peer.socket.resume();
    // Of the pings that waited, the newest is answered.
    await until(() => server.bufferedAmount === 0);
    await until(() => peer.received.subarray(-102).toString('latin1') === `\x8ad${'x'.repeat(100)}`);
  });
});

describe('memory that is on its way is not written again', () => {
  const shapes = Object.entries(ticks);

  // Two connections, as some memory is shared by all.
  it.each(shapes)('on TCP, ticks %s', async (_, tick) => {
    const pairs = [await openPair(), await openPair()];
    await Promise.all(pairs.map(({ server, client }) => exchange(server, client, tick)));
  });

  it.each(shapes)('on TCP, from clients that mask in memory of the kernel, ticks %s', async (_, tick) => {
    makeKernel();
    const pairs = [await openPair(), await openPair()];
    await Promise.all(pairs.map(({ server, client }) => exchange(client, server, tick)));
  });

  it('on TCP, both ways at once', async () => {
    const { server, client } = await openPair({}, { perMessageDeflate: false });
    const tick = ticks['of all sizes'];
    await Promise.all([exchange(server, client, tick, 1), exchange(client, server, tick, 1)]);
  });

  it('on TLS', async () => {
    const { server, client } = await tlsPair();
    const tick = ticks['of all sizes'];
    await Promise.all([exchange(server, client, tick, 1), exchange(client, server, tick, 1)]);
  });

  it.each(shapes)('on a Duplex that takes a while for a write, ticks %s', async (_, tick) => {
    const { server, client } = memoryPair({ delay: 1 });
    await Promise.all([exchange(server, client, tick), exchange(client, server, tick)]);
  });

  it.each(shapes)('on a Duplex that is done at once and passes on what it was given, ticks %s', async (_, tick) => {
    const { server, client, near } = memoryPair();
    near._write = function (this: SlowDuplex, chunk, _encoding, callback) {
      this.other.push(chunk);
      callback();
    };
    near._writev = undefined as never;
    await exchange(
      server,
      client,
      tick.map((size) => Math.sign(size) * Math.min(Math.abs(size), 17_000)),
      1,
    );
  });

  it('large payloads are taken by reference on a server', async () => {
    const { near, server } = memoryPair({ delay: 20 });
    const payload = Buffer.alloc(50_000, 1);
    let isSame = false;
    near._writev = function (chunks, callback) {
      isSame = chunks.some(({ chunk }) => chunk.buffer === payload.buffer);
      callback();
    };
    server.send(payload);
    await sleep(5);
    expect(isSame).toBe(true);
  });
});
