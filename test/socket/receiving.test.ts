import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { WebSocketClient } from '../../src/index.ts';
import {
  cleanUp,
  closed,
  dial,
  duplexPair,
  listen,
  masked,
  openPair,
  RawPeer,
  sleep,
  type SlowDuplex,
  uncaught,
  until,
  upgradeRequest,
} from './support.ts';

async function accept(options = {}): Promise<{ ws: WebSocket; peer: RawPeer; url: string; messages: string[] }> {
  const { wss, port, url } = await listen(options);
  const connection = once(wss, 'connection') as Promise<[WebSocket]>;
  const peer = await RawPeer.upgrade(port);
  const [ws] = await connection;
  const messages: string[] = [];
  ws.on('message', (data) => messages.push(String(data)));
  return { ws, peer, url, messages };
}

/** A server's socket on a plain Duplex. */
function onMemory(): { ws: WebSocket; near: SlowDuplex; messages: string[] } {
  const [near, far] = duplexPair();
  const ws = new WebSocketClient(null);
  ws.setSocket(near, Buffer.alloc(0));
  const messages: string[] = [];
  ws.on('message', (data) => messages.push(String(data)));
  cleanUp(() => far.destroy());
  return { ws, near, messages };
}

function numbered(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => masked(1, String(i))));
}

const upTo = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** How far a count gets during each round trip of another peer, until it has got to its end. */
async function duringRoundTrips(url: string, count: () => number, end: number): Promise<number[]> {
  const ws = dial(url);
  await once(ws, 'open');
  const steps: number[] = [];
  while (count() < end) {
    const before = count();
    ws.send('ping');
    await once(ws, 'message');
    steps.push(count() - before);
  }
  return steps;
}

/** What a listener does for a message: some microseconds, a second and more for all. */
function work(): void {
  createHash('sha1').update('x').digest('hex');
}

describe('pause and resume', () => {
  it('nothing is delivered while paused, and everything in order after it', async () => {
    const { ws, peer, messages } = await accept();
    ws.on('message', () => {
      if (messages.length === 3) ws.pause();
    });
    peer.write(numbered(2_000));
    await until(() => messages.length === 3);
    expect(ws.isPaused).toBe(true);
    await sleep(30);
    expect(messages).toEqual(upTo(3));
    ws.resume();
    expect(ws.isPaused).toBe(false);
    await until(() => messages.length === 2_000);
    expect(messages).toEqual(upTo(2_000));
  });

  it('a reader that pauses at every message gets every message', async () => {
    const { ws, peer, messages } = await accept();
    ws.on('message', () => {
      ws.pause();
      if (messages.length % 3 === 0) setImmediate(() => ws.resume());
      else ws.resume();
    });
    peer.write(numbered(700));
    await until(() => messages.length === 700);
    expect(messages).toEqual(upTo(700));
  });

  it('slows the peer down', async () => {
    const { ws, peer } = await accept();
    ws.pause();
    const chunk = masked(2, Buffer.alloc(1 << 20));
    for (let i = 0; i < 24; i++) {
      peer.write(chunk);
      await sleep(2);
    }
    expect(peer.socket.writableLength).toBeGreaterThan(8 << 20);
  });

  it.each(['FIN', 'reset'] as const)('what arrived before a %s is delivered, then close', async (end) => {
    const { ws, peer, messages } = await accept();
    // Node 22 and later may notice a reset while paused: they read further ahead.
    const closing = closed(ws);
    ws.pause();
    peer.write(numbered(5_000));
    await sleep(30);
    if (end === 'FIN') peer.socket.end();
    else peer.socket.resetAndDestroy();
    await sleep(30);
    if (end === 'FIN') ws.resume();
    else {
      // A reset shows only in a write when nothing is read.
      ws.send('are you there?');
      await sleep(10);
      ws.send('are you there?');
    }
    expect(await closing).toMatchObject({ code: 1006 });
    expect(messages).toEqual(upTo(messages.length));
    if (end === 'FIN') expect(messages.length).toBe(5_000);
  });

  it('the messages that are left when a resumed transport is gone are delivered, all of them', async () => {
    const { near, messages, ws } = onMemory();
    ws.pause();
    await sleep(5);
    // Three chunks in the buffer of the stream, which is set flowing and destroyed in the same tick.
    for (let i = 0; i < 3; i++) near.push(masked(1, String(i)));
    near.resume();
    near.destroy();
    expect(await closed(ws)).toMatchObject({ code: 1006 });
    expect(messages).toEqual(upTo(3));
  });

  it('does nothing while connecting and after close', async () => {
    const { url } = await listen();
    const ws = dial(url);
    ws.pause();
    expect(ws.isPaused).toBe(false);
    await once(ws, 'open');
    ws.close();
    await closed(ws);
    ws.pause();
    expect(ws.isPaused).toBe(false);
  });
});

describe('one peer that floods', () => {
  it.each([
    ['messages', 2],
    ['pings', 9],
    ['pongs', 10],
  ])('with 300,000 %s does not hold up the others', async (_, opcode) => {
    const { wss, port, url } = await listen();
    let flooded = 0;
    wss.on('connection', (ws, request) => {
      if (request.headers['user-agent'] === 'flood') {
        for (const event of ['message', 'ping', 'pong'] as const) {
          ws.on(event, () => {
            flooded++;
            work();
          });
        }
      } else ws.on('message', (data) => ws.send(data));
    });
    const peer = await RawPeer.connect(port);
    const request = upgradeRequest({ 'User-Agent': 'flood' });
    peer.write(request);
    await until(() => peer.text.includes('\r\n\r\n'));
    const one = masked(opcode, '');
    peer.write(Buffer.concat(Array.from({ length: 300_000 }, () => one)));
    const steps = await duringRoundTrips(url, () => flooded, 300_000);
    // Counted, not timed: however busy the machine is, the others have their turn before a tenth of it is read.
    expect(Math.max(...steps)).toBeLessThan(30_000);
    expect(flooded).toBe(300_000);
  });
});

describe('a listener that throws', () => {
  it('does not lose the messages after it', async () => {
    const { ws, peer, messages } = await accept();
    ws.on('message', (data) => {
      if (Number(data) % 3 === 0) throw new Error('mine');
    });
    const closing = closed(ws);
    const thrown = await uncaught(async () => {
      peer.write(Buffer.concat([numbered(10), masked(8, Buffer.from([0x03, 0xe8]))]));
      expect(await closing).toMatchObject({ code: 1000 });
    });
    expect(messages).toEqual(upTo(10));
    expect(thrown).toHaveLength(4);
  });

  it('does not leave chunks behind that waited in the stream', async () => {
    const { near, messages, ws } = onMemory();
    ws.on('message', () => {
      throw new Error('mine');
    });
    ws.pause();
    await sleep(5);
    for (let i = 0; i < 3; i++) near.push(masked(1, String(i)));
    ws.resume();
    const thrown = await uncaught(() => until(() => messages.length === 3));
    expect(thrown).toHaveLength(3);
  });

  it('does not lose what is left when the transport is gone', async () => {
    const { near, messages, ws } = onMemory();
    ws.on('message', () => {
      throw new Error('mine');
    });
    ws.pause();
    await sleep(5);
    for (let i = 0; i < 6; i += 2) near.push(Buffer.concat([masked(1, String(i)), masked(1, String(i + 1))]));
    const thrown = await uncaught(async () => {
      near.destroy();
      expect(await closed(ws)).toMatchObject({ code: 1006 });
      await sleep(5);
    });
    expect(messages).toEqual(upTo(6));
    expect(thrown).toHaveLength(6);
  });
});

it('a message over both limits of a frame is refused before its bytes arrive', async () => {
  const { server, client } = await openPair({ maxPayload: 1_000 });
  const errors: string[] = [];
  server.on('error', (error) => errors.push((error as NodeJS.ErrnoException).code!));
  client.send(Buffer.alloc(1_001));
  expect(await closed(client)).toMatchObject({ code: 1009 });
  expect(errors).toEqual(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
});
