import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HandshakeError, WebSocketServer } from '../../src/index.ts';
import {
  ask,
  cleanUp,
  dial,
  failure,
  head,
  listen,
  masked,
  portOf,
  RawPeer,
  sleep,
  started,
  until,
  upgradeRequest,
} from '../socket/support.ts';

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Reads one HTTP response, and fails if anything follows it. */
function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  expect(end, `no HTTP response: ${JSON.stringify(text)}`).toBeGreaterThan(0);
  const [first, ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.split(': ')[0]!.toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
  );
  const body = text.slice(end + 4);
  expect(first).toMatch(/^HTTP\/1\.1 \d{3} /);
  // Node's own answers without a body go without a length from release 22 on.
  expect(body.length).toBe(Number(headers.get('content-length') ?? 0));
  return { status: Number(first!.slice(9, 12)), headers, body };
}

const good = upgradeRequest();

describe('a refused upgrade is an HTTP response, after which TCP ends', () => {
  it.each<[string, string, number]>([
    ['POST', upgradeRequest({}, 'POST / HTTP/1.1'), 405],
    ['HTTP/1.0', upgradeRequest({}, 'GET / HTTP/1.0'), 400],
    ['no Host', upgradeRequest({ Host: null }), 400],
    ['two Hosts', good.replace('\r\nUpgrade', '\r\nHost: other\r\nUpgrade'), 400],
    ['another protocol to upgrade to', upgradeRequest({ Upgrade: 'h2c' }), 400],
    ['no key', upgradeRequest({ 'Sec-WebSocket-Key': null }), 400],
    ['a key of 15 bytes', upgradeRequest({ 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }), 400],
    ['version 12', upgradeRequest({ 'Sec-WebSocket-Version': '12' }), 426],
    ['version 013', upgradeRequest({ 'Sec-WebSocket-Version': '013' }), 426],
    ['no version', upgradeRequest({ 'Sec-WebSocket-Version': null }), 426],
    ['a body by its length', `${upgradeRequest({ 'Content-Length': '5' })}hello`, 400],
    ['a body in chunks', `${upgradeRequest({ 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`, 400],
    ['an empty subprotocol', upgradeRequest({ 'Sec-WebSocket-Protocol': 'a,,b' }), 400],
    ['a subprotocol twice', upgradeRequest({ 'Sec-WebSocket-Protocol': 'a, a' }), 400],
    ['an extension list that is none', upgradeRequest({ 'Sec-WebSocket-Extensions': 'a;=' }), 400],
    ['another path', upgradeRequest({}, 'GET /other HTTP/1.1'), 400],
  ])('%s', async (_, request, status) => {
    const { port, wss } = await listen({ path: '/' });
    wss.on('connection', () => expect.unreachable());
    const answer = parseAnswer(await ask(port, request));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toMatch(/^close\b/);
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET');
    if (status === 426) expect(answer.headers.get('sec-websocket-version')).toBe('13, 8');
  });

  it('and a second, pipelined request is never answered', async () => {
    const { port, wss } = await listen();
    wss.on('connection', () => expect.unreachable());
    const answer = parseAnswer(await ask(port, upgradeRequest({ 'Sec-WebSocket-Version': '12' }) + good));
    expect(answer.status).toBe(426);
  });

  it('and it arrives although the peer is still sending', async () => {
    const { port } = await listen();
    const bad = upgradeRequest({ 'Sec-WebSocket-Version': '12' });
    for (let i = 0; i < 10; i++) {
      const answer = parseAnswer(await ask(port, Buffer.concat([Buffer.from(bad), Buffer.alloc(4 << 20)])));
      expect(answer.status).toBe(426);
    }
  });

  it('and TCP ends although the peer does not', async () => {
    const { port } = await listen();
    const peer = await RawPeer.connect(port, { allowHalfOpen: true });
    peer.write(upgradeRequest({ 'Sec-WebSocket-Version': '12' }));
    const flood = setInterval(() => peer.socket.writable && peer.write('more'), 50);
    cleanUp(() => clearInterval(flood));
    const startedAt = Date.now();
    await until(() => peer.gone);
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(parseAnswer(peer.text).status).toBe(426);
  });

  it('a plain request to a server of its own learns that it has to upgrade', async () => {
    const { port } = await listen();
    const answer = parseAnswer(await ask(port, head(['GET / HTTP/1.1', 'Host: a', 'Connection: close'])));
    expect(answer).toMatchObject({ status: 426, body: 'Upgrade Required' });
    expect(answer.headers.get('upgrade')).toBe('websocket');
  });

  it('more headers than the server reads do not end it', async () => {
    const server = createServer();
    server.maxHeadersCount = 4;
    const wss = new WebSocketServer({ server });
    await started(server);
    const padding = Array.from({ length: 20 }, (_, i) => `X-${i}: ${i}`);
    const lines = good.trimEnd().split('\r\n');
    const answer = await ask(portOf(server), head([lines[0]!, ...padding, ...lines.slice(1)]));
    // From release 22 on Node answers by itself.
    expect([400, 431]).toContain(parseAnswer(answer).status);
    const ws = dial(`ws://127.0.0.1:${portOf(server)}`, { perMessageDeflate: false });
    // A client sends five: it is refused, not left waiting.
    expect((await failure(ws)).message).toMatch(/Unexpected server response: 4(00|31)/);
    wss.close();
  });
});

describe('hooks', () => {
  const ABSENT = undefined;
  const hooks: [string, ConstructorParameters<typeof WebSocketServer>[0], number | undefined][] = [
    ['verifyClient says yes', { verifyClient: () => true }, ABSENT],
    ['verifyClient says no', { verifyClient: () => false }, 401],
    ['verifyClient throws', { verifyClient: () => boom() }, 500],
    ['verifyClient with a callback says yes', { verifyClient: (_, answer) => setImmediate(answer, true) }, ABSENT],
    ['verifyClient with a callback says yes at once', { verifyClient: (_, answer) => answer(true) }, ABSENT],
    ['verifyClient with a callback says no', { verifyClient: (_, answer) => answer(false) }, 401],
    ['verifyClient with a callback names the status', { verifyClient: (_, answer) => answer(false, 404, 'No') }, 404],
    ['verifyClient with a callback throws', { verifyClient: withCallback }, 500],
    [
      'verifyClient with a callback answers twice',
      { verifyClient: (_, answer) => (answer(false, 403), answer(true)) },
      403,
    ],
    ['verifyClient never answers', { handshakeTimeout: 100, verifyClient: ignore }, 503],
    ['authenticate knows who it is', { authenticate: () => 'ann' }, ABSENT],
    ['authenticate knows later', { authenticate: async () => 'ann' }, ABSENT],
    ['authenticate refuses', { authenticate: () => refuse(403) }, 403],
    ['authenticate refuses later', { authenticate: async () => refuse(429) }, 429],
    ['authenticate throws', { authenticate: () => boom() }, 500],
    ['authenticate rejects', { authenticate: () => Promise.reject(new Error('secret')) }, 500],
    ['authenticate never answers', { handshakeTimeout: 100, authenticate: () => new Promise(() => {}) }, 503],
    [
      'an undefined handshakeTimeout is the default',
      { handshakeTimeout: undefined, authenticate: () => later() },
      ABSENT,
    ],
    ['the origin is listed', { origins: ['https://app.example'] }, ABSENT],
    ['the origin is not listed', { origins: ['https://other.example'] }, 403],
    ['the origin matches a pattern in any case', { origins: /APP\.EXAMPLE$/i }, ABSENT],
    ['the origin is decided on by a function', { origins: (origin) => origin.startsWith('http:') }, 403],
    ['the function for origins throws', { origins: () => boom() }, 500],
    ['handleProtocols throws', { handleProtocols: () => boom() }, 500],
    ['handleProtocols returns what is no token', { handleProtocols: () => 'a b' }, 500],
    [
      'a header of the refusal would break the answer apart',
      { authenticate: () => refuse(403, { 'X-Y': 'a\r\nb' }) },
      500,
    ],
  ];

  it.each(hooks)('%s', async (_, options, status) => {
    const { wss, port } = await listen(options);
    const context = new Promise((resolve) => {
      wss.on('connection', (ws) => resolve(ws.context));
    });
    const peer = await RawPeer.connect(port);
    const request = upgradeRequest({ Origin: 'https://app.example', 'Sec-WebSocket-Protocol': 'a, b' });
    if (status === undefined) {
      peer.write(request);
      expect(await context).toBe(options.authenticate === undefined ? undefined : 'ann');
      expect(wss.clients.size).toBe(1);
    } else {
      const answer = parseAnswer(await peer.ask(request));
      expect(answer.status).toBe(status);
      expect(answer.headers.get('connection')).toMatch(/^close\b/);
      expect(answer.body).not.toContain('secret');
      expect(wss.clients.size).toBe(0);
    }
  });

  it('handshakeTimeout is the deadline of hooks', async () => {
    const { port } = await listen({ handshakeTimeout: 100, authenticate: () => new Promise(() => {}) });
    const start = performance.now();
    expect(parseAnswer(await ask(port, good)).status).toBe(503);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('a pattern for origins means the same each time, also one that remembers where it was', async () => {
    const { port } = await listen({ origins: /app/g });
    const request = upgradeRequest({ Origin: 'https://app.example' });
    for (let i = 0; i < 3; i++) {
      const peer = await RawPeer.connect(port);
      peer.write(request);
      await until(() => peer.text.includes('\r\n\r\n'));
      expect(peer.text).toMatch(/^HTTP\/1\.1 101 /);
    }
  });

  it('a HandshakeError brings its headers and its text', async () => {
    const { port } = await listen({
      authenticate: () => {
        throw new HandshakeError(401, 'Who are you? ✋', { 'WWW-Authenticate': 'Bearer' });
      },
    });
    const answer = parseAnswer(await ask(port, good));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(Buffer.from(answer.body, 'latin1').toString()).toBe('Who are you? ✋');
  });

  it("'hookError' says what a hook threw, while the peer learns nothing of it", async () => {
    const { wss, port } = await listen({ authenticate: () => boom() });
    const hookError = once(wss, 'hookError');
    expect(await ask(port, good)).not.toContain('secret');
    expect((await hookError)[0]).toMatchObject({ message: 'secret' });
  });

  it("'wsClientError' hands the stream to whoever listens", async () => {
    const { wss, port } = await listen();
    wss.on('wsClientError', (error, stream) =>
      stream.end(`HTTP/1.1 418 ${error.message}\r\nContent-Length: 0\r\n\r\n`),
    );
    expect(parseAnswer(await ask(port, upgradeRequest({ 'Sec-WebSocket-Version': '1' }))).status).toBe(418);
  });

  it('a shouldHandle of a subclass that throws is answered with 500', async () => {
    class Strict extends WebSocketServer {
      override shouldHandle(): boolean {
        return boom();
      }
    }
    const wss = new Strict({ port: 0, host: '127.0.0.1' });
    cleanUp(() => wss.close());
    await once(wss, 'listening');
    expect(parseAnswer(await ask(portOf(wss), good)).status).toBe(500);
  });

  it('a frame sent before the hook answered is not lost', async () => {
    const { wss, port } = await listen({ authenticate: () => later() });
    const message = new Promise((resolve) => {
      wss.on('connection', (ws) => ws.on('message', (data) => resolve(String(data))));
    });
    const peer = await RawPeer.connect(port);
    peer.write(Buffer.concat([Buffer.from(good), masked(1, 'early ')]));
    await sleep(10);
    expect(await message).toBe('early ');
  });

  it('a peer that leaves while the hook thinks is no connection', async () => {
    let answer: ((user: string) => void) | undefined;
    let stream: Socket | undefined;
    const { wss, port } = await listen({
      authenticate: ({ socket }) =>
        new Promise<string>((resolve) => {
          answer = resolve;
          stream = socket;
        }),
    });
    wss.on('connection', () => expect.unreachable());
    const peer = await RawPeer.connect(port);
    peer.write(good);
    await until(() => answer !== undefined);
    peer.socket.resetAndDestroy();
    await until(() => stream!.destroyed);
    answer!('ann');
    await sleep(30);
    expect(wss.clients.size).toBe(0);
  });
});

function boom(): never {
  throw new Error('secret');
}

/** Its length says that it answers by the callback. */
function withCallback(_info: unknown, _answer: unknown): void {
  boom();
}

function ignore(_info: unknown, _answer: unknown): void {}

function refuse(status: number, headers: Record<string, string> = {}): never {
  throw new HandshakeError(status, 'No', headers);
}

function later(): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50, 'ann');
  });
}
