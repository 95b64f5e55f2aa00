import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientOptions, RawData, ServerOptions, WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../support/tls.ts';
import { halyard, ws, type Implementation } from './implementations.ts';

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1 << 20];
const NO_REASON = Buffer.alloc(0);

const pairs: [string, Implementation, Implementation][] = [
  ['a Halyard server and a ws client', halyard, ws],
  ['a ws server and a Halyard client', ws, halyard],
  ['Halyard on both sides', halyard, halyard],
];

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Opening {
  readonly server?: ServerOptions;
  readonly client?: ClientOptions;
  readonly protocols?: string[];
}

interface Pair {
  readonly client: WebSocket;
  /** The server's socket of the same connection. */
  readonly server: WebSocket;
  readonly request: IncomingMessage;
  /** The server's answer to the handshake. */
  readonly response: IncomingMessage;
}

async function listen({ Server }: Implementation, options: ServerOptions = {}) {
  const server = new Server({ port: 0, host: '127.0.0.1', ...options });
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function open(from: Implementation, to: Implementation, opening: Opening = {}): Promise<Pair> {
  const { server, url } = await listen(to, opening.server);
  const client = new from.Client(url, opening.protocols ?? [], opening.client);
  const connection = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  const upgrade = once(client, 'upgrade') as Promise<[IncomingMessage]>;
  await once(client, 'open');
  const [[socket, request], [response]] = await Promise.all([connection, upgrade]);
  return { client, server: socket, request, response };
}

/** What arrives, as one value. */
async function nextMessage(socket: WebSocket): Promise<{ data: Buffer; isBinary: boolean }> {
  const [data, isBinary] = (await once(socket, 'message')) as [RawData, boolean];
  return { data: data as Buffer, isBinary };
}

/** Unlike `once()`, not refused by an 'error' that comes first. */
function nextClose(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

/** Bytes that repeat at no power of two, so that a misplaced piece shows. */
function bytesOf(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}

describe.each(pairs)('%s', (_, to, from) => {
  const sides = ['client', 'server'] as const;
  const otherSide = { client: 'server', server: 'client' } as const;

  describe.each(sides)('the %s', (side) => {
    it('sends binary messages of every form of length', async () => {
      const pair = await open(from, to);
      for (const size of SIZES) {
        const sent = bytesOf(size);
        const arrived = nextMessage(pair[otherSide[side]]);
        pair[side].send(sent);
        const { data, isBinary } = await arrived;
        expect(isBinary).toBe(true);
        expect(data.equals(sent), `${size} bytes`).toBe(true);
      }
    });

    it('sends text of every form of length', async () => {
      const pair = await open(from, to);
      for (const size of SIZES) {
        const sent = 'Ahoy, Grüße! 错 ✓✓'.repeat(Math.ceil(size / 16)).slice(0, size);
        const arrived = nextMessage(pair[otherSide[side]]);
        pair[side].send(sent);
        const { data, isBinary } = await arrived;
        expect(isBinary).toBe(false);
        expect(data.toString() === sent, `${size} units`).toBe(true);
      }
    });

    it('keeps the order of a thousand messages and of the pings among them', async () => {
      const pair = await open(from, to);
      const heard: string[] = [];
      const all = new Promise<void>((resolve) => {
        const hear = (data: RawData): void => {
          if (heard.push(String(data)) === 1000) resolve();
        };
        pair[otherSide[side]].on('message', hear).on('ping', hear);
      });
      const said = Array.from({ length: 1000 }, (__, i) => String(i));
      for (const [i, text] of said.entries()) {
        if (i % 100 === 0) pair[side].ping(text);
        else pair[side].send(text);
      }
      await all;
      expect(heard).toEqual(said);
    });

    it('sends a message as fragments, with a ping in between', async () => {
      const pair = await open(from, to);
      const arrived = nextMessage(pair[otherSide[side]]);
      const pinged = once(pair[otherSide[side]], 'ping');
      const text = Buffer.from('zwölf 错 pieces');
      for (let i = 0; i < text.length; i++) {
        // Cut inside of characters, too.
        pair[side].send(text.subarray(i, i + 1), { binary: false, fin: i === text.length - 1 });
        if (i === 2) pair[side].ping('between');
        if (i === 3) pair[side].send('', { fin: false });
      }
      expect(await arrived).toEqual({ data: text, isBinary: false });
      expect(await pinged).toEqual([Buffer.from('between')]);
    });

    it.each([0, 1, 125])('gets its ping of %i bytes back', async (size) => {
      const pair = await open(from, to);
      const pong = once(pair[side], 'pong') as Promise<[Buffer]>;
      pair[side].ping(bytesOf(size));
      expect((await pong)[0].equals(bytesOf(size))).toBe(true);
    });

    it('sends a pong that nobody asked for', async () => {
      const pair = await open(from, to);
      const pong = once(pair[otherSide[side]], 'pong');
      pair[side].pong('unasked');
      expect(await pong).toEqual([Buffer.from('unasked')]);
    });

    it.each([
      [1000, 'done'],
      [1001, ''],
      [1002, 'r'],
      [1013, 'später'],
      [1014, ''],
      [3000, 'x'.repeat(123)],
      [4999, '错'.repeat(41)],
    ])('closes with %i %j, which both sides report', async (code, reason) => {
      const pair = await open(from, to);
      const closes = Promise.all(sides.map((one) => nextClose(pair[one])));
      pair[side].close(code, reason);
      expect(await closes).toEqual([
        { code, reason },
        { code, reason },
      ]);
    });

    it('closes without a code: 1005 on both sides', async () => {
      const pair = await open(from, to);
      const closes = Promise.all(sides.map((one) => nextClose(pair[one])));
      pair[side].close();
      expect(await closes).toEqual(sides.map(() => ({ code: 1005, reason: '' })));
    });

    it('delivers what it sent before it closed', async () => {
      const pair = await open(from, to);
      const sent = bytesOf(1 << 20);
      const arrived = nextMessage(pair[otherSide[side]]);
      const closed = nextClose(pair[otherSide[side]]);
      pair[side].send(sent);
      pair[side].close(1000);
      expect((await arrived).data.equals(sent)).toBe(true);
      expect(await closed).toEqual({ code: 1000, reason: '' });
    });

    it('cuts the line: 1006 on both sides', async () => {
      const pair = await open(from, to);
      const closes = Promise.all(sides.map((one) => nextClose(pair[one])));
      pair[side].terminate();
      expect(await closes).toEqual(sides.map(() => ({ code: 1006, reason: '' })));
    });

    it('refuses a message above its limit with 1009', async () => {
      const limit = { maxPayload: 1000 };
      const pair = await open(from, to, side === 'client' ? { client: limit } : { server: limit });
      const failed = once(pair[side], 'error') as Promise<[Error & { code: string }]>;
      const closes = Promise.all([nextClose(pair[otherSide[side]]), nextClose(pair[side])]);
      pair[otherSide[side]].send(bytesOf(1001));
      expect((await failed)[0].code).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
      const [theirs, own] = await closes;
      expect(theirs).toEqual({ code: 1009, reason: '' });
      expect(own.code).toBe(1006);
    });
  });

  it('survive a close that both begin at once', async () => {
    const pair = await open(from, to);
    const closes = Promise.all(sides.map((one) => nextClose(pair[one])));
    pair.client.close(4001, 'client');
    pair.server.close(4002, 'server');
    expect(await closes).toEqual([
      { code: 4002, reason: 'server' },
      { code: 4001, reason: 'client' },
    ]);
  });

  it('agree on the first subprotocol, or on the one that the server chooses, or on none', async () => {
    const protocols = ['first', 'second'];
    const first = await open(from, to, { protocols });
    expect([first.client.protocol, first.server.protocol]).toEqual(['first', 'first']);

    const chosen = await open(from, to, { protocols, server: { handleProtocols: () => 'second' } });
    expect([chosen.client.protocol, chosen.server.protocol]).toEqual(['second', 'second']);

    const none = await open(from, to);
    expect([none.client.protocol, none.server.protocol]).toEqual(['', '']);
    expect(none.request.headers['sec-websocket-protocol']).toBeUndefined();
  });

  it('show each other their headers', async () => {
    const { server, url } = await listen(to);
    server.on('headers', (lines) => lines.push('X-Server: ahoy'));
    const requested = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const client = new from.Client(`${url}path?q=1`, {
      headers: { 'X-Client': 'bonjour' },
      origin: 'http://a.example',
    });
    const upgraded = once(client, 'upgrade') as Promise<[IncomingMessage]>;
    await once(client, 'open');
    const [[, request], [response]] = await Promise.all([requested, upgraded]);
    expect(request.url).toBe('/path?q=1');
    expect(request.headers).toMatchObject({ 'x-client': 'bonjour', origin: 'http://a.example' });
    expect(response.headers).toMatchObject({ 'x-server': 'ahoy' });
  });

  it('understand a refusal', async () => {
    const { url } = await listen(to, {
      verifyClient: (__, answer) => answer(false, 401, 'No', { 'X-Why': 'because' }),
    });
    const client = new from.Client(url);
    const [error] = (await once(client, 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 401');

    const curious = new from.Client(url);
    const [, response] = (await once(curious, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([response.statusCode, response.headers['x-why']]).toEqual([401, 'because']);
    response.resume();
  });

  it('talk over TLS', async () => {
    const { key, cert } = selfSignedCertificate();
    const https = createSecureServer({ key, cert }).listen(0, '127.0.0.1');
    await once(https, 'listening');
    const server = new to.Server({ server: https });
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data as Buffer)));
    const client = new from.Client(`wss://localhost:${(https.address() as AddressInfo).port}`, {
      ca: cert,
      lookup: (__, ___, done) => (done as (...answer: unknown[]) => void)(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    cleanups.push(() => {
      client.terminate();
      server.close();
      https.close();
    });
    await once(client, 'open');
    const sent = bytesOf(200_000);
    const echo = nextMessage(client);
    client.send(sent);
    expect((await echo).data.equals(sent)).toBe(true);
  });

  it('hear the same from an empty close frame and an empty message', async () => {
    const pair = await open(from, to);
    const arrived = nextMessage(pair.server);
    pair.client.send('');
    expect(await arrived).toEqual({ data: NO_REASON, isBinary: false });
  });
});
