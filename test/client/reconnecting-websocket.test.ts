import { getEventListeners, once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import type Ws from 'ws';
import fc from 'fast-check';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { WebSocketClient as WebSocket, WebSocketServer } from '../../src/index.ts';
import {
  ReconnectingWebSocket,
  type Address,
  type ReconnectingOptions,
  type SocketConstructor,
} from '../../src/client/reconnecting-websocket.ts';
import type { WebSocket as ServerSocket } from '../../src/socket/websocket.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { runs } from '../support/runs.ts';
import { selfSignedCertificate } from '../support/tls.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly sockets: ServerSocket[];
  readonly received: string[];
  /** The next connection, or the one that nobody has taken yet. */
  connection(): Promise<ServerSocket>;
  stop(): Promise<void>;
}

async function serve(port = 0, answer: (ws: ServerSocket, text: string) => unknown = () => {}): Promise<TestServer> {
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  await once(server, 'listening');
  const sockets: ServerSocket[] = [];
  const received: string[] = [];
  const fresh: ServerSocket[] = [];
  const bell = new EventTarget();
  server.on('connection', (ws) => {
    sockets.push(ws);
    fresh.push(ws);
    bell.dispatchEvent(new Event('fresh'));
    ws.on('error', () => {});
    ws.on('message', (data, isBinary) => {
      const text = isBinary ? `binary ${(data as Buffer).toString('hex')}` : (data as Buffer).toString();
      received.push(text);
      answer(ws, text);
    });
  });
  const stop = async (): Promise<void> => {
    for (const ws of sockets) ws.terminate();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanups.push(stop);
  const at = (server.address() as AddressInfo).port;
  const connection = async (): Promise<ServerSocket> => {
    if (fresh.length === 0) await once(bell, 'fresh');
    return fresh.shift()!;
  };
  return { url: `ws://127.0.0.1:${at}/`, port: at, sockets, received, connection, stop };
}

type Told = { readonly type: string } & Record<string, unknown>;

interface Subject {
  readonly client: ReconnectingWebSocket;
  readonly clock: ManualClock;
  /** Everything told so far. */
  readonly told: Told[];
  /** The next event of that type after those already asked for. */
  next(type: string): Promise<Told>;
}

/** A client on a clock that stands still; its randomness is as large as can be. */
function dial(address: Address, options: ReconnectingOptions = {}): Subject {
  const clock = new ManualClock();
  const client = new ReconnectingWebSocket(address, {
    WebSocket,
    clock,
    backoff: { random: () => 0.999_999_999 },
    ...options,
  });
  cleanups.push(() => client.close());
  const told: Told[] = [];
  let asked = 0;
  const bell = new EventTarget();
  for (const type of ['open', 'message', 'error', 'close', 'waiting', 'connecting'] as const) {
    client.addEventListener(type, (event) => {
      told.push({ ...event, type } as unknown as Told);
      bell.dispatchEvent(new Event('ring'));
    });
  }
  const next = async (type: string): Promise<Told> => {
    for (;;) {
      const found = told.findIndex((event, index) => index >= asked && event.type === type);
      if (found !== -1) {
        asked = found + 1;
        return told[found]!;
      }
      await once(bell, 'ring');
    }
  };
  return { client, clock, told, next };
}

async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const echo = (ws: ServerSocket, text: string): unknown => ws.send(text);
const text = (data: unknown): string => new TextDecoder().decode(data as ArrayBuffer);

describe('a connection', () => {
  it('tells open, messages and close as a WebSocket does', async () => {
    const server = await serve(0, echo);
    const { client, clock, next } = dial(server.url);
    expect(client.state).toBe('connecting');
    await next('open');
    expect(client.state).toBe('open');
    expect(client.send('hello')).toBe(true);
    expect((await next('message')).data).toBe('hello');
    server.sockets[0]!.send(Buffer.from('bytes'));
    const { data } = await next('message');
    expect(data).toBeInstanceOf(ArrayBuffer);
    expect(text(data)).toBe('bytes');
    client.close(1000, 'done');
    expect(client.state).toBe('closing');
    expect(client.send('too late')).toBe(false);
    expect(await next('close')).toMatchObject({ code: 1000, reason: 'done', wasClean: true, willReconnect: false });
    expect(client.state).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  it('offers subprotocols', async () => {
    const server = await serve();
    const { client, next } = dial(server.url, { protocols: ['a', 'b'] });
    await next('open');
    expect(client.protocol).toBe('a');
  });

  it.each(['no address', 'ws://'])('is refused at once for %j', (address) => {
    expect(() => new ReconnectingWebSocket(address, { WebSocket })).toThrow(/Invalid URL/);
  });

  it('takes the class of browsers, that of ws and our own (checked by the compiler)', () => {
    expectTypeOf<typeof globalThis.WebSocket>().toExtend<SocketConstructor>();
    expectTypeOf<typeof Ws>().toExtend<SocketConstructor>();
    expectTypeOf<typeof WebSocket>().toExtend<SocketConstructor>();
  });

  it('needs a class to dial with', () => {
    const platform = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
    Reflect.deleteProperty(globalThis, 'WebSocket');
    try {
      expect(() => new ReconnectingWebSocket('ws://127.0.0.1/')).toThrow(/no WebSocket/);
    } finally {
      if (platform) Object.defineProperty(globalThis, 'WebSocket', platform);
    }
  });
});

describe('coming back', () => {
  it('is tried at once after a cut, and told', async () => {
    const server = await serve(0, echo);
    const { client, clock, told, next } = dial(server.url);
    (await server.connection()).terminate();
    expect(await next('close')).toMatchObject({ code: 1006, willReconnect: true });
    expect(await next('waiting')).toMatchObject({ delay: 0, retry: 0 });
    expect(client.state).toBe('waiting');
    clock.advance(0);
    await next('connecting');
    await next('open');
    client.send('again');
    expect((await next('message')).data).toBe('again');
    expect(told.map(({ type }) => type)).toEqual(['open', 'close', 'waiting', 'connecting', 'open', 'message']);
  });

  it('waits longer and longer while nobody answers, up to 30 s', async () => {
    const { clock, next } = dial(`ws://127.0.0.1:${await closedPort()}/`);
    for (const bound of [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      expect((await next('error')).error).toBeInstanceOf(Error);
      expect(await next('close')).toMatchObject({ code: 1006, willReconnect: true });
      const delay = (await next('waiting')).delay as number;
      expect(Math.round(delay)).toBe(bound);
      clock.advance(delay);
    }
  });

  it('finds a server that was away', async () => {
    const port = await closedPort();
    const { client, clock, next } = dial(`ws://127.0.0.1:${port}/`);
    client.send('said early');
    await next('waiting');
    const server = await serve(port);
    clock.advance(0);
    await next('open');
    const ws = await server.connection();
    if (server.received.length === 0) await once(ws, 'message');
    expect(server.received).toEqual(['said early']);
  });

  it('starts from the beginning only after 10 s of stability', async () => {
    const server = await serve();
    const { clock, next } = dial(server.url);
    const cutAfter = async (lasted: number): Promise<number> => {
      await next('open');
      clock.advance(lasted);
      (await server.connection()).terminate();
      const delay = (await next('waiting')).delay as number;
      clock.advance(delay);
      return Math.round(delay);
    };
    expect(await cutAfter(0)).toBe(0);
    expect(await cutAfter(9_999)).toBe(1_000);
    expect(await cutAfter(9_999)).toBe(2_000);
    expect(await cutAfter(10_000)).toBe(0);
    expect(await cutAfter(0)).toBe(1_000);
  });

  it.each([
    [1001, 5_000],
    [1011, 0],
    [1012, 5_000],
    [1013, 1_000],
    [4002, 0],
  ])('follows a close with %i within %i ms', async (code, bound) => {
    const server = await serve();
    const { next } = dial(server.url, { finalCodes: [4001] });
    (await server.connection()).close(code, 'why');
    expect(await next('close')).toMatchObject({ code, reason: 'why', wasClean: true, willReconnect: true });
    expect(Math.round((await next('waiting')).delay as number)).toBe(bound);
  });

  it.each([1000, 1002, 1003, 1007, 1008, 1009, 4001])('does not follow a close with %i', async (code) => {
    const server = await serve();
    const { client, clock, next } = dial(server.url, { finalCodes: [4001] });
    (await server.connection()).close(code);
    expect(await next('close')).toMatchObject({ code, willReconnect: false });
    expect(client.state).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  it('does not wait for ever for a server that accepts and says nothing', async () => {
    const held = createTcpServer(() => {}).listen(0, '127.0.0.1');
    await once(held, 'listening');
    cleanups.push(() => held.close());
    const { clock, next, told } = dial(`ws://127.0.0.1:${(held.address() as AddressInfo).port}/`);
    const [socket] = await once(held, 'connection');
    clock.advance(9_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(String((await next('error')).error)).toContain('10000 ms');
    await next('waiting');
    if (!socket.closed) await once(socket, 'close');
  });

  it('asks for a new address before each attempt, and survives not getting one', async () => {
    const server = await serve();
    let asked = 0;
    const { clock, next } = dial(async () => {
      if (++asked === 2) throw new Error('no ticket');
      return new URL(`?ticket=${asked}`, server.url);
    });
    (await server.connection()).terminate();
    await next('waiting');
    clock.advance(0);
    expect(String((await next('error')).error)).toContain('no ticket');
    clock.advance((await next('waiting')).delay as number);
    await next('open');
    expect(asked).toBe(3);
  });

  it('gives up an attempt whose address does not come in time, and takes no notice of it when it comes', async () => {
    const server = await serve();
    const late: ((address: string) => void)[] = [];
    const { client, clock, told, next } = dial(() => new Promise((resolve) => late.push(resolve)));
    clock.advance(9_999);
    expect([told, client.state]).toEqual([[], 'connecting']);
    clock.advance(1);
    expect(String((await next('error')).error)).toContain('10000 ms');
    // The first retry comes at once.
    expect(await next('waiting')).toMatchObject({ delay: 0 });
    await next('connecting');
    late[0]!(server.url);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([server.sockets.length, late.length]).toEqual([0, 2]);
    // What the address has taken of the time is missing to the rest of the attempt.
    clock.advance(6_000);
    late[1]!(server.url);
    await next('open');
    expect(clock.pending).toBe(1);
    client.close();
    expect(clock.pending).toBe(0);
  });

  it('tells of an address that cannot be had at once to those who listen after the constructor', async () => {
    const { next } = dial(() => {
      throw new Error('no ticket');
    });
    expect(String((await next('error')).error)).toContain('no ticket');
    expect(await next('close')).toMatchObject({ code: 1006, willReconnect: true });
    expect(await next('waiting')).toMatchObject({ retry: 0 });
  });
});

describe('what is sent while there is no connection', () => {
  it('goes out in order, after what the open listener sends', async () => {
    const server = await serve();
    const { client, next } = dial(server.url);
    const bytes = new Uint8Array([1, 2, 3]);
    client.send('one');
    client.send(bytes);
    client.send(new DataView(bytes.buffer, 1, 1));
    client.send(bytes.buffer);
    bytes.fill(0);
    expect(client.bufferedAmount).toBe(10);
    client.addEventListener('open', () => client.send('first'));
    await next('open');
    const ws = await server.connection();
    client.send('last');
    while (server.received.length < 6) await once(ws, 'message');
    expect(server.received).toEqual(['first', 'one', 'binary 010203', 'binary 02', 'binary 010203', 'last']);
  });

  it('is bounded in number and in bytes, and refused beyond', async () => {
    const address = `ws://127.0.0.1:${await closedPort()}/`;
    const few = dial(address, { queue: { messages: 2 } }).client;
    expect([few.send('a'), few.send('b'), few.send('c')]).toEqual([true, true, false]);
    const small = dial(address, { queue: { bytes: 4 } }).client;
    expect([small.send('ää'), small.send('a'), small.send('')]).toEqual([true, false, true]);
    const none = dial(address, { queue: { messages: 0 } }).client;
    expect(none.send('a')).toBe(false);
  });
});

describe('a silent line', () => {
  const heartbeat = { message: 'are you there?', interval: 20_000, timeout: 10_000 };

  it('is asked, cut, and dialled again', async () => {
    const server = await serve();
    const { client, clock, next, told } = dial(server.url, { heartbeat });
    await next('open');
    const ws = await server.connection();
    clock.advance(20_000);
    await once(ws, 'message');
    expect(server.received).toEqual(['are you there?']);
    clock.advance(9_999);
    expect(client.state).toBe('open');
    clock.advance(1);
    expect(String((await next('error')).error)).toContain('silent');
    expect(await next('close')).toMatchObject({ code: 1006, willReconnect: true });
    await once(ws, 'close');
    clock.advance(0);
    await next('open');
    expect(told.filter(({ type }) => type === 'close')).toHaveLength(1);
  });

  it('is left alone as long as it answers or speaks', async () => {
    const server = await serve(0, echo);
    const { client, clock, next } = dial(server.url, { heartbeat });
    await next('open');
    const ws = await server.connection();
    for (let round = 0; round < 5; round++) {
      clock.advance(20_000);
      expect((await next('message')).data).toBe(heartbeat.message);
    }
    clock.advance(15_000);
    ws.send('news');
    await next('message');
    clock.advance(19_999);
    expect(server.received).toHaveLength(5);
    clock.advance(1);
    expect((await next('message')).data).toBe(heartbeat.message);
    expect(client.state).toBe('open');
  });
});

class FakeWindow extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });

  /** How many listen to it and to its document. */
  get hearers(): { online: number; visibilitychange: number } {
    return {
      online: getEventListeners(this, 'online').length,
      visibilitychange: getEventListeners(this.document, 'visibilitychange').length,
    };
  }
}

const nowhere = async (): Promise<string> => `ws://127.0.0.1:${await closedPort()}/`;
const close = ({ client }: Subject): void => client.close();

const HEARD = { online: 1, visibilitychange: 1 };
const LEFT = { online: 0, visibilitychange: 0 };

describe('news of the network', () => {
  it('cut a wait short', async () => {
    const port = await closedPort();
    const window = new FakeWindow();
    const { client, clock, next } = dial(`ws://127.0.0.1:${port}/`, { surroundings: window });
    await next('waiting');
    clock.advance(0);
    await next('waiting');
    window.document.dispatchEvent(new Event('visibilitychange'));
    expect(client.state).toBe('waiting');
    window.document.visibilityState = 'visible';
    window.document.dispatchEvent(new Event('visibilitychange'));
    expect(client.state).toBe('connecting');
    await next('waiting');
    await serve(port);
    window.dispatchEvent(new Event('online'));
    await next('open');
  });

  it('have an open line asked at once', async () => {
    const server = await serve();
    const window = new FakeWindow();
    const { clock, next } = dial(server.url, { surroundings: window, heartbeat: { message: '?' } });
    await next('open');
    const ws = await server.connection();
    window.dispatchEvent(new Event('online'));
    window.dispatchEvent(new Event('online'));
    await once(ws, 'message');
    clock.advance(10_000);
    await next('waiting');
    expect(server.received).toEqual(['?']);
  });

  it('mean nothing to one that was closed', async () => {
    const server = await serve();
    const window = new FakeWindow();
    const { client, clock, next } = dial(server.url, { surroundings: window });
    await next('open');
    client.close();
    await next('close');
    window.dispatchEvent(new Event('online'));
    expect(client.state).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  it.each<[string, (server: TestServer) => Address | Promise<Address>, (s: Subject, server: TestServer) => unknown]>([
    ['was closed while connecting', ({ url }) => url, close],
    ['was closed while it asked for an address', () => () => new Promise<string>(() => {}), close],
    ['was closed while waiting', nowhere, (subject) => subject.next('waiting').then(() => close(subject))],
    ['was closed while open', ({ url }) => url, (subject) => subject.next('open').then(() => close(subject))],
    [
      'was closed by the other side for good',
      ({ url }) => url,
      async (_, server) => (await server.connection()).close(1008),
    ],
    ['was given an address that is none', () => () => 'no address', () => {}],
  ])('are heard until its end and not after it, when it %s', async (_, addressOf, end) => {
    const server = await serve();
    const window = new FakeWindow();
    const subject = dial(await addressOf(server), { surroundings: window });
    expect(window.hearers).toEqual(HEARD);
    await end(subject, server);
    while ((await subject.next('close')).willReconnect) expect(window.hearers).toEqual(HEARD);
    expect(window.hearers).toEqual(LEFT);
  });

  it('are not heard by one whose constructor throws', () => {
    const window = new FakeWindow();
    expect(() => dial('no address', { surroundings: window })).toThrow(TypeError);
    expect(window.hearers).toEqual(LEFT);
  });
});

describe('close', () => {
  it('while connecting, waiting and after the end: told once, nothing after it', async () => {
    const server = await serve();
    const early = dial(server.url);
    early.client.close();
    early.client.close();
    const waiting = dial(`ws://127.0.0.1:${await closedPort()}/`);
    await waiting.next('waiting');
    waiting.client.close();
    waiting.client.nudge();
    const asking = dial(() => new Promise<string>(() => {}));
    asking.client.close(4000, 'never mind');
    for (const { next } of [early, waiting, asking]) while ((await next('close')).willReconnect);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(early.told).toEqual([expect.objectContaining({ type: 'close', willReconnect: false })]);
    expect(waiting.told.at(-1)).toMatchObject({ type: 'close', willReconnect: false });
    expect(asking.told).toEqual([expect.objectContaining({ type: 'close', code: 4000, reason: 'never mind' })]);
    for (const { client, clock } of [early, waiting, asking]) {
      expect(client.state).toBe('closed');
      expect(client.send('x')).toBe(false);
      expect(clock.pending).toBe(0);
    }
  });

  it('from a listener of error, close or waiting ends it', async () => {
    const address = `ws://127.0.0.1:${await closedPort()}/`;
    for (const type of ['error', 'close', 'waiting'] as const) {
      const { client, clock, told, next } = dial(address);
      client.addEventListener(type, () => client.close());
      while ((await next('close')).willReconnect);
      expect(client.state).toBe('closed');
      expect(clock.pending).toBe(0);
      expect(told.filter((event) => event.type === 'close' && !event.willReconnect)).toHaveLength(1);
    }
  });

  it('refuses codes that may not be sent, and stays open', async () => {
    const server = await serve();
    const { client, next } = dial(server.url);
    await next('open');
    expect(() => client.close(1006)).toThrow();
    expect(client.state).toBe('open');
  });
});

it('whatever happens in whatever order, the end is told once and last, and leaves no timer and no listener', async () => {
  const server = await serve(0, echo);
  const act = fc.constantFrom('cut', 'close by peer', 'advance', 'nudge', 'send', 'close', 'let things happen');
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
      const surroundings = new FakeWindow();
      const { client, clock, told } = dial(server.url, { surroundings, heartbeat: { message: '?' } });
      for (const what of [...acts, 'close'] as const) {
        if (what === 'cut') for (const ws of server.sockets.splice(0)) ws.terminate();
        else if (what === 'close by peer') for (const ws of server.sockets.splice(0)) ws.close(1012);
        else if (what === 'advance') clock.advance(7_000);
        else if (what === 'nudge') surroundings.dispatchEvent(new Event('online'));
        else if (what === 'send') client.send('x');
        else if (what === 'close') client.close();
        else await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await expect.poll(() => client.state, { interval: 1, timeout: 10_000 }).toBe('closed');
      const ends = told.filter(({ type, willReconnect }) => type === 'close' && !willReconnect);
      expect(ends).toHaveLength(1);
      expect(told.at(-1)).toBe(ends[0]);
      expect(clock.pending).toBe(0);
      expect(surroundings.hearers).toEqual(LEFT);
    }),
    runs(100, 5_000),
  );
});

describe('from wss: to ws:', () => {
  class Trusting extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { ca: selfSignedCertificate().cert, followRedirects: true });
    }
  }

  it('it never goes, whatever the address function says', async () => {
    const https = createHttpsServer(selfSignedCertificate()).listen(0, '127.0.0.1');
    const secure = new WebSocketServer({ server: https });
    await once(https, 'listening');
    cleanups.push(() => closeAll(https, secure));
    const plain = await serve();
    const addresses = [`wss://127.0.0.1:${(https.address() as AddressInfo).port}/`, plain.url];
    const { client, clock, next } = dial(() => addresses.shift()!, { WebSocket: Trusting });
    await next('open');
    for (const ws of secure.clients) ws.terminate();
    await next('waiting');
    clock.advance(0);
    expect(String((await next('error')).error)).toContain('from wss: to ws:');
    expect(await next('close')).toMatchObject({ willReconnect: false });
    expect(client.state).toBe('closed');
    expect(plain.sockets).toEqual([]);
  });

  it('it is not led by a redirect', async () => {
    const plain = await serve();
    const https = createHttpsServer(selfSignedCertificate()).listen(0, '127.0.0.1');
    https.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${plain.url}\r\nConnection: close\r\n\r\n`);
    });
    await once(https, 'listening');
    cleanups.push(() => closeAll(https));
    const { client, next, told } = dial(`wss://127.0.0.1:${(https.address() as AddressInfo).port}/`, {
      WebSocket: Trusting,
    });
    client.send('a secret');
    expect(String((await next('error')).error)).toContain('redirected from wss: to ws:');
    expect(await next('close')).toMatchObject({ willReconnect: false });
    expect(told.map(({ type }) => type)).toEqual(['error', 'close']);
    expect(plain.received).toEqual([]);
  });
});

async function closeAll(http: Server, wss?: WebSocketServer): Promise<void> {
  for (const ws of wss?.clients ?? []) ws.terminate();
  await new Promise((resolve) => http.close(resolve));
}
