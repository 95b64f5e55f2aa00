import { once } from 'node:events';
import { createServer } from 'node:http';
import net from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../src/index.ts';
import { lendKernelSlab } from '../../src/protocol/kernel-slabs.ts';
import { WITHOUT } from '../../src/protocol/long-mask.ts';
import type { Slab } from '../../src/protocol/slab.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { runs } from '../support/runs.ts';
import { closed, masked, openPair, portOf, RawPeer, sleep, started, until } from './support.ts';

interface Server {
  readonly wss: WebSocketServer;
  connect(): Promise<{ server: WebSocket; peer: RawPeer }>;
}

/** A server, and a way to a connection that is read and written directly, or by the stream only. */
async function serve(isDirect: boolean, options: ServerOptions = {}): Promise<Server> {
  // As small as by default on Node 20: what is written directly is never more than 64 KiB.
  const http = await started(createServer({ highWaterMark: 16_384 }));
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false, ...options });
  if (!isDirect) {
    wss.on('headers', (_, { socket }: { socket: net.Socket }) => {
      socket.push = (...args) => Readable.prototype.push.apply(socket, args);
      socket.write = (...args: unknown[]) => Reflect.apply(net.Socket.prototype.write, socket, args) as boolean;
    });
  }
  const connect = async (): Promise<{ server: WebSocket; peer: RawPeer }> => {
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const peer = await RawPeer.upgrade(portOf(http));
    return { server: (await connection)[0], peer };
  };
  return { wss, connect };
}

type Act = (connection: { server: WebSocket; peer: RawPeer; log: string[] }) => void;

const size = fc.oneof(fc.nat(300), fc.nat(70_000));

/** What may be done to either end. */
const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: size.map(
      (n): Act =>
        ({ server }) =>
          void server.send(Buffer.alloc(n, n % 251)),
    ),
  },
  size.map((n): Act => ({ server, log }) => {
    log.push(`send ${n}`);
    server.send(Buffer.alloc(n, 1), (error) => log.push(`sent ${n} ${error?.message}`));
  }),
  // More than the system takes.
  fc.constant<Act>(({ server }) => {
    for (let i = 0; i < 1_500; i++) server.send(Buffer.alloc(5_000, i));
  }),
  {
    weight: 4,
    arbitrary: size.map(
      (n): Act =>
        ({ peer }) =>
          peer.write(masked(2, Buffer.alloc(n, 7))),
    ),
  },
  fc.nat(125).map((n): Act => ({ peer }) => {
    const bytes = Buffer.concat([masked(1, 'before'), masked(1, 'x'.repeat(n)), masked(1, 'behind')]);
    peer.write(bytes.subarray(0, n));
    setImmediate(() => peer.write(bytes.subarray(n)));
  }),
  fc.constant<Act>(({ server }) => server.pause()),
  fc.constant<Act>(({ server }) => server.resume()),
  fc.constant<Act>(({ server }) => void server._socket!.pause()),
  fc.constant<Act>(({ server }) => void server._socket!.resume()),
  fc.constant<Act>(({ peer }) => void peer.socket.pause()),
  fc.constant<Act>(({ peer }) => void peer.socket.resume()),
  fc.constant<Act>(({ server }) => {
    server._socket!.cork();
    setImmediate(() => server._socket!.uncork());
  }),
  fc.constant<Act>(({ server, log }) => {
    let heard = 0;
    const count = (chunk: Buffer): number => (heard += chunk.length);
    server._socket!.prependListener('data', count);
    server.once('message', () => {
      server._socket!.off('data', count);
      log.push(`somebody else heard ${heard > 0}`);
    });
  }),
);

async function play(isDirect: boolean, sequence: readonly Act[]): Promise<unknown> {
  const { connect, wss } = await serve(isDirect);
  const { server, peer } = await connect();
  const log: string[] = [];
  server.on('message', (data) => log.push(`message ${data.length}`));
  for (const act of sequence) {
    act({ server, peer, log });
    await new Promise(setImmediate);
  }
  peer.socket.resume();
  server._socket!.resume();
  server.resume();
  peer.write(masked(1, 'the last'));
  await until(() => log.at(-1) === 'message 8' || log.includes('message 8'), 'the last message');
  server.close(1000);
  peer.write(masked(8, Buffer.of(3, 232)));
  await until(() => peer.gone, 'the end');
  await until(() => server.readyState === 3, 'its close');
  wss.close();
  const socket = server._socket as net.Socket;
  // Callbacks come when the bytes have left, messages when they have come: which is first is nobody's promise.
  const of = (kind: string): string[] => log.filter((line) => line.startsWith(kind));
  return {
    messages: of('message'),
    sends: log.filter((line) => line.startsWith('sen')).toSorted(),
    others: of('somebody'),
    received: peer.received.toString('latin1'),
    bytesRead: socket.bytesRead,
    bytesWritten: socket.bytesWritten,
    bufferedAmount: server.bufferedAmount,
  };
}

/** How many large slabs the kernel could lend now. */
function freeSlabs(): number {
  const all: Slab[] = [];
  for (let slab = lendKernelSlab(60_000); slab !== undefined; slab = lendKernelSlab(60_000)) all.push(slab);
  for (const slab of all) slab.pool!.takeBack(slab);
  return all.length;
}

/** Sends until the system does not take all: what it did not waits outside of the stream. */
async function fill(server: WebSocket): Promise<void> {
  while (server.bufferedAmount === 0) {
    for (let i = 0; i < 10; i++) server.send(Buffer.alloc(5_000));
    await new Promise(setImmediate);
  }
  expect(server._socket!.writableLength).toBe(0);
}

describe('a socket that is read and written directly', () => {
  it('says and hears what one does that goes by its stream', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { maxLength: 25 }), async (sequence) => {
        const [direct, plain] = await Promise.all([play(true, sequence), play(false, sequence)]);
        expect(direct).toEqual(plain);
      }),
      runs(25, 1_000),
    );
  });

  it('counts what the system has not taken, and sends it before what follows, and before Close', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    // Of the upgrade.
    const head = (server._socket as net.Socket).bytesWritten;
    peer.socket.pause();
    await fill(server);
    const before = server.bufferedAmount;
    expect(before).toBeLessThanOrEqual(50_040);
    const told: string[] = [];
    server.send('behind it', () => told.push('behind it'));
    server.send('last', () => told.push('last'));
    server.close(1001);
    await new Promise(process.nextTick);
    expect(server.bufferedAmount).toBe(before + 11 + 6 + 4);
    peer.socket.resume();
    await until(() => told.length === 2, 'both callbacks');
    expect(told).toEqual(['behind it', 'last']);
    await until(() =>
      peer.received.subarray(-21).equals(Buffer.from('\x81\x09behind it\x81\x04last\x88\x02\x03\xe9', 'latin1')),
    );
    expect(server.bufferedAmount).toBe(0);
    expect((server._socket as net.Socket).bytesWritten).toBe(peer.received.length + head);
  });

  it('does not write a second time what is still on its way', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    peer.socket.pause();
    await fill(server);
    const before = server.bufferedAmount;
    const sent: string[] = [];
    for (let i = 0; i < 300; i++) {
      sent.push(`message ${String(i).padStart(1_000, 'x')}`);
      server.send(sent.at(-1)!);
      await new Promise(process.nextTick);
    }
    expect(server.bufferedAmount).toBe(before + 300 * (4 + 1_008));
    peer.socket.resume();
    await until(() => server.bufferedAmount === 0 && peer.text.endsWith(sent.at(-1)!), 'the last message');
    const frames = sent.map((text) =>
      Buffer.concat([Buffer.of(0x81, 126, 1_008 >> 8, 1_008 & 255), Buffer.from(text)]),
    );
    expect(peer.received.subarray(-300 * 1_012).equals(Buffer.concat(frames))).toBe(true);
  });

  it('takes what fills the stream as full, and goes on when that has left', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    let heard = 0;
    server.on('ping', () => heard++);
    peer.socket.pause();
    await fill(server);
    const before = server.bufferedAmount;
    for (let i = 0; i < 3_000; i++) peer.write(masked(9, 'x'.repeat(100)));
    await until(() => heard === 3_000, 'the pings');
    // The newest pong waits for all of them.
    expect(server.bufferedAmount).toBe(before);
    peer.socket.resume();
    const pong = Buffer.from(`\x8ad${'x'.repeat(100)}`, 'latin1');
    await until(() => peer.received.subarray(-102).equals(pong), 'a pong');
    expect(server.bufferedAmount).toBe(0);
    let told = 0;
    server.send('on', () => told++);
    await until(() => told === 1);
  });

  it('counts the pongs that wait behind it', async () => {
    const { connect } = await serve(true, { maxPendingAutoPongs: 10 });
    const { server, peer } = await connect();
    peer.socket.pause();
    await fill(server);
    const closes = closed(server);
    for (let i = 0; i < 11; i++) peer.write(masked(9));
    expect(await closes).toEqual({ code: 1006, reason: '' });
  });

  it("tells 'drain' once, when less than the high-water mark waits", async () => {
    const { connect } = await serve(true, { highWaterMark: 60_000 });
    const { server, peer } = await connect();
    let drained = 0;
    server.on('drain', () => drained++);
    peer.socket.pause();
    await fill(server);
    expect(drained).toBe(0);
    expect(server.send(Buffer.alloc(5_000))).toBe(true);
    expect(server.send(Buffer.alloc(9_000))).toBe(false);
    peer.socket.resume();
    await until(() => drained > 0, 'drain');
    await sleep(20);
    expect(drained).toBe(1);
    expect(server.bufferedAmount).toBe(0);
  });

  it('tells nobody of what only it hears', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    const emit = vi.spyOn(server._socket!, 'emit');
    let got = 0;
    server.on('message', () => got++);
    peer.write(masked(1, 'one'));
    await until(() => got === 1);
    peer.socket.end();
    await closed(server);
    const told = emit.mock.calls.map(([event]) => event as string);
    expect(told).toContain('end');
    expect(told).not.toContain('data');
  });

  it('leaves a socket that is corked to hold what it is given', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    server._socket!.cork();
    server.send('held');
    await sleep(20);
    expect(peer.text).toBe('');
    server._socket!.uncork();
    await until(() => peer.text === '\x81\x04held');
  });

  it('leaves a socket that somebody paused to hold what it reads, and keeps the order behind it', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    const got: string[] = [];
    server.on('message', (data) => got.push(String(data)));
    server._socket!.pause();
    peer.write(masked(1, 'one'));
    await until(() => server._socket!.readableLength > 0, 'what is held');
    expect(got).toEqual([]);
    server._socket!.resume();
    // In the same tick, before the stream flows.
    server._socket!.push(masked(1, 'two'));
    await until(() => got.length === 2);
    expect(got).toEqual(['one', 'two']);
  });

  it.each(['terminate', 'reset'] as const)('ends with what is on its way: %s', async (end) => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    peer.socket.pause();
    await fill(server);
    const closes = closed(server);
    if (end === 'terminate') server.terminate();
    else peer.socket.resetAndDestroy();
    expect(await closes).toEqual({ code: 1006, reason: '' });
    expect(() => server.send('too late')).not.toThrow();
  });

  it.each(['terminate', 'reset', 'end and reset'] as const)('tells who waits behind it of: %s', async (end) => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    peer.socket.pause();
    await fill(server);
    const told: [string, boolean][] = [];
    for (const text of ['one', 'two']) {
      server.send(text, (error) => told.push([text, error instanceof Error]));
      await new Promise(process.nextTick);
    }
    server._socket!.write('raw', (error) => told.push(['raw', error instanceof Error]));
    if (end === 'end and reset') server._socket!.end();
    if (end === 'terminate') server.terminate();
    else peer.socket.resetAndDestroy();
    await closed(server);
    await until(() => told.length === 3, 'all callbacks');
    expect(told.toSorted()).toEqual(['one', 'raw', 'two'].map((what) => [what, true]));
  });

  it('can be reset while it waits to end', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    peer.socket.pause();
    await fill(server);
    const ended = once(server._socket!, 'end');
    peer.socket.end();
    await ended;
    await sleep(5);
    const closes = closed(server);
    (server._socket as net.Socket).resetAndDestroy();
    expect(await closes).toEqual({ code: 1006, reason: '' });
  });

  it('leaves a socket that somebody else wrote to, and that did not take all, to keep the order', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    server.send('one');
    await until(() => peer.text.endsWith('one'));
    peer.socket.pause();
    while (server._socket!.writableLength === 0) server._socket!.write(Buffer.alloc(50_000));
    server._socket!.write(Buffer.from('\x81\x03two', 'latin1'));
    server.send('three');
    await sleep(10);
    peer.socket.resume();
    await until(() => peer.text.endsWith('\x81\x03two\x81\x05three'), 'both in order');
  });

  it('reads what somebody pushes there that is no Buffer', async () => {
    const { connect } = await serve(true);
    const { server } = await connect();
    const got: string[] = [];
    server.on('message', (data) => got.push(String(data)));
    server._socket!.push(new Uint8Array(masked(1, 'one')));
    server._socket!.push(masked(1, 'two').toString('hex'), 'hex');
    await until(() => got.length === 2);
    expect(got).toEqual(['one', 'two']);
  });

  it("leaves what it reads to whoever took its listener's place", async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    const got: string[] = [];
    server.on('error', () => {});
    server._socket!.removeAllListeners('data').on('data', (chunk: Buffer) => got.push(String(chunk)));
    peer.write('no frame');
    await until(() => got.length > 0);
    expect(got.join('')).toBe('no frame');
    server.terminate();
  });

  it('tells a write that fails as an error of the connection', async () => {
    const { connect } = await serve(true);
    const { server, peer } = await connect();
    const closes = closed(server);
    peer.socket.resetAndDestroy();
    // Nothing is read between these: the first thing that notices is a write.
    const end = performance.now() + 5_000;
    while (!server._socket!.destroyed && performance.now() < end) {
      server.send('into the void');
      await new Promise(process.nextTick);
    }
    expect(server._socket!.destroyed).toBe(true);
    expect((await closes).code).toBe(1006);
  });

  it('gives memory of the kernel back when what lies there was written', async () => {
    for (let i = 0; i < 8 * WITHOUT; i++) {
      const slab = lendKernelSlab(1);
      slab?.pool!.takeBack(slab);
    }
    const { client, server } = await openPair({}, { perMessageDeflate: false });
    server.pause();
    while (client.bufferedAmount === 0) {
      client.send(Buffer.alloc(60_000));
      await new Promise(process.nextTick);
    }
    const without = freeSlabs();
    server.resume();
    await until(() => client.bufferedAmount === 0);
    expect(freeSlabs()).toBe(without + 1);
  });
});
