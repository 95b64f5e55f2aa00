import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocketClient, WebSocketServer } from '../../src/index.ts';
import { encodeAccept } from '../../src/protocol/accept.ts';
import { cleanUp, closed, dial, failure, head, listen, portOf, sleep, started, until } from '../socket/support.ts';
import { selfSignedCertificate } from '../support/tls.ts';

const CLOSED_BEFORE = 'WebSocket was closed before the connection was established';

/** A TCP server that answers each request with what `answer` makes of it. */
async function answering(answer: (request: string, socket: net.Socket) => string | undefined): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    let request = '';
    socket.on('data', (data) => {
      request += data.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      const reply = answer(request, socket);
      if (reply !== undefined) socket.write(reply, 'latin1');
      request = '';
    });
  });
  await started(server);
  return `ws://127.0.0.1:${portOf(server)}/`;
}

function headerOf(request: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, 'im').exec(request)?.[1];
}

/** A good 101, some of its lines changed, added or left out with null. */
function accept(
  request: string,
  changes: Readonly<Record<string, string | null>> = {},
  first = 'HTTP/1.1 101 Switching Protocols',
): string {
  const headers: Record<string, string | null> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': encodeAccept(headerOf(request, 'Sec-WebSocket-Key')!),
    ...changes,
  };
  return head([
    first,
    ...Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : `${name}: ${value}`)),
  ]);
}

/** The request that a client sends. */
async function requestOf(path: string, options: ClientOptions = {}, protocols: string[] = []): Promise<string> {
  let seen = '';
  const url = await answering((request, socket) => {
    seen = request;
    socket.destroy();
    return undefined;
  });
  await failure(dial(url.slice(0, -1) + path, options, protocols));
  return seen;
}

/** A server that redirects /to?… there, and tells what headers came otherwise. */
async function redirecting(secure = false): Promise<{ origin: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(request);
    response.writeHead(302, { Location: decodeURIComponent(request.url!.split('?')[1]!) }).end();
  };
  const server = secure ? https.createServer(selfSignedCertificate(), onRequest) : http.createServer(onRequest);
  const wss = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request: IncomingMessage, socket: net.Socket, first: Buffer) => {
    if (request.url!.startsWith('/to')) {
      seen.push(request);
      socket.end(
        head([
          'HTTP/1.1 302 Found',
          `Location: ${decodeURIComponent(request.url!.split('?')[1]!)}`,
          'Content-Length: 0',
          'Connection: close',
        ]),
      );
    } else wss.handleUpgrade(request, socket, first, () => seen.push(request));
  });
  await started(server);
  return { origin: `${secure ? 'wss' : 'ws'}://127.0.0.1:${portOf(server)}`, seen };
}

describe('what a client asks', () => {
  it('is the request of RFC 6455 §4.1', async () => {
    const request = await requestOf('/path/a%20b?x=1&y', { perMessageDeflate: false });
    expect(request).toMatch(/^GET \/path\/a%20b\?x=1&y HTTP\/1\.1\r\n/);
    expect(headerOf(request, 'Host')).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(headerOf(request, 'Upgrade')).toBe('websocket');
    expect(headerOf(request, 'Connection')).toBe('Upgrade');
    expect(headerOf(request, 'Sec-WebSocket-Version')).toBe('13');
    expect(Buffer.from(headerOf(request, 'Sec-WebSocket-Key')!, 'base64')).toHaveLength(16);
    for (const name of ['Origin', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions', 'Authorization']) {
      expect(headerOf(request, name)).toBeUndefined();
    }
  });

  it('has another key each time', async () => {
    const keys = await Promise.all([requestOf('/'), requestOf('/')]);
    expect(headerOf(keys[0]!, 'Sec-WebSocket-Key')).not.toBe(headerOf(keys[1]!, 'Sec-WebSocket-Key'));
  });

  it.each<[string, ClientOptions, string, string | undefined]>([
    ['headers', { headers: { 'X-Mine': 'yes' } }, 'X-Mine', 'yes'],
    ['an origin', { origin: 'https://app.example' }, 'Origin', 'https://app.example'],
    ['an origin of version 8', { origin: 'https://a', protocolVersion: 8 }, 'Sec-WebSocket-Origin', 'https://a'],
    ['version 8', { protocolVersion: 8 }, 'Sec-WebSocket-Version', '8'],
    ['auth', { auth: 'ann:secret' }, 'Authorization', `Basic ${btoa('ann:secret')}`],
    [
      'headers that belong to the handshake',
      { headers: { connection: 'close', upgrade: 'h2c' } },
      'Connection',
      'Upgrade',
    ],
    ['compression by default', {}, 'Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
  ])('may have %s', async (_, options, name, value) => {
    expect(headerOf(await requestOf('/', options), name)).toBe(value);
  });

  it('may have subprotocols, from either argument', async () => {
    expect(headerOf(await requestOf('/', {}, ['a', 'constructor']), 'Sec-WebSocket-Protocol')).toBe('a,constructor');
    expect(headerOf(await requestOf('/', { protocols: 'b' }), 'Sec-WebSocket-Protocol')).toBeUndefined();
  });

  it('userinfo of the URL wins over auth, and is percent-decoded', async () => {
    const server = await started(http.createServer());
    const url = `ws://a%3Ab:p%40ss@127.0.0.1:${portOf(server)}/`;
    const ws = dial(url, { auth: 'other:one' });
    const [request, stream] = (await once(server, 'upgrade')) as [IncomingMessage, net.Socket];
    expect(request.headers.authorization).toBe(`Basic ${btoa('a:b:p@ss')}`);
    stream.destroy();
    await failure(ws);
  });

  it('leaves out the default port, and puts IPv6 into brackets', async () => {
    const hosts: (string | undefined)[] = [];
    for (const url of ['ws://127.0.0.1/', 'ws://[::1]:80/', 'wss://localhost:443/']) {
      const ws = new WebSocketClient(url, {
        finishRequest: (request) => {
          hosts.push(String(request.getHeader('host')));
          request.destroy();
        },
      });
      await failure(ws);
    }
    expect(hosts).toEqual(['127.0.0.1', '[::1]', 'localhost']);
  });
});

describe('a client refuses at once, with a SyntaxError,', () => {
  it.each([
    'not a url',
    '',
    'ftp://127.0.0.1/',
    'ws://127.0.0.1/#fragment',
    'ws+unix:',
    'ws://[::1/',
    'ws://127.0.0.1:99999/',
  ])('the address %j', (url) => {
    expect(() => new WebSocketClient(url)).toThrow(SyntaxError);
  });

  it.each([[['']], [['a', 'a']], [['a b']], [['a,b']], ['a,b'], [['é']]])('the subprotocols %j', (protocols) => {
    expect(() => new WebSocketClient('ws://127.0.0.1:9/', protocols)).toThrow(SyntaxError);
  });

  it('and with a RangeError numbers that make no sense', () => {
    expect(() => new WebSocketClient('ws://127.0.0.1:9/', { protocolVersion: 12 })).toThrow(RangeError);
    expect(() => new WebSocketClient('ws://127.0.0.1:9/', { handshakeTimeout: -1 })).toThrow(RangeError);
  });

  it('and does not change a URL object', () => {
    const url = new URL('http://127.0.0.1:9/');
    const ws = new WebSocketClient(url);
    ws.on('error', () => {});
    ws.terminate();
    expect(url.href).toBe('http://127.0.0.1:9/');
    expect(ws.url).toBe('ws://127.0.0.1:9/');
  });
});

describe("a bad answer is 'error', then 'close' 1006:", () => {
  it.each<[string, (request: string) => string, string | RegExp, string[]?]>([
    ['200', () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'Unexpected server response: 200'],
    ['401', () => 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno', 'Unexpected server response: 401'],
    ['302 is not followed', () => 'HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n', /response: 302/],
    ['200 that looks like a 101', (r) => accept(r, { 'Content-Length': '0' }, 'HTTP/1.1 200 OK'), /response: 200/],
    ['no Upgrade', (r) => accept(r, { Upgrade: null }), /Unexpected server response: 101|Invalid Upgrade header/],
    ['another Upgrade', (r) => accept(r, { Upgrade: 'h2c' }), 'Invalid Upgrade header'],
    ['two Upgrades', (r) => accept(r, { Upgrade: 'websocket, h2c' }), 'Invalid Upgrade header'],
    ['no Connection', (r) => accept(r, { Connection: null }), /response: 101|Invalid Connection header/],
    ['another Connection', (r) => accept(r, { Connection: 'close' }), /response: 101|Invalid Connection header/],
    ['no Accept', (r) => accept(r, { 'Sec-WebSocket-Accept': null }), 'Invalid Sec-WebSocket-Accept header'],
    ['another Accept', (r) => accept(r, { 'Sec-WebSocket-Accept': 'x' }), 'Invalid Sec-WebSocket-Accept header'],
    ['an invented subprotocol', (r) => accept(r, { 'Sec-WebSocket-Protocol': 'a' }), /none was requested/],
    ['another subprotocol', (r) => accept(r, { 'Sec-WebSocket-Protocol': 'b' }), /invalid subprotocol/, ['a']],
    [
      'a subprotocol in another case',
      (r) => accept(r, { 'Sec-WebSocket-Protocol': 'A' }),
      /invalid subprotocol/,
      ['a'],
    ],
    ['a prototype name', (r) => accept(r, { 'Sec-WebSocket-Protocol': 'constructor' }), /invalid subprotocol/, ['a']],
    ['no subprotocol', (r) => accept(r), 'Server sent no subprotocol', ['a']],
    ['an invented extension', (r) => accept(r, { 'Sec-WebSocket-Extensions': 'foo' }), /extension/i],
    ['a prototype name as extension', (r) => accept(r, { 'Sec-WebSocket-Extensions': '__proto__' }), /extension/i],
    ['an extension list that is none', (r) => accept(r, { 'Sec-WebSocket-Extensions': ';' }), /Extensions header/],
    ['nothing that is HTTP', () => 'SSH-2.0-OpenSSH\r\n\r\n', /Parse Error/],
  ])('%s', async (_, answer, message, protocols = []) => {
    const url = await answering(answer);
    const ws = dial(url, {}, protocols);
    ws.on('open', () => expect.unreachable());
    const seen = await failure(ws);
    expect(seen.code).toBe(1006);
    expect(seen.message).toMatch(message);
    expect(ws.readyState).toBe(WebSocketClient.CLOSED);
  });

  it('none at all', async () => {
    const url = await answering((_, socket) => void socket.end());
    expect((await failure(dial(url))).message).toBe('socket hang up');
  });

  it('nobody listens', async () => {
    const server = await started(net.createServer());
    const port = portOf(server);
    server.close();
    await once(server, 'close');
    expect((await failure(dial(`ws://127.0.0.1:${port}/`))).error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('more headers than are read', async () => {
    const many = 'a:\r\n'.repeat(3_000);
    const url = await answering((request) => accept(request).replace('\r\n', `\r\n${many}`));
    expect((await failure(dial(url))).code).toBe(1006);
  });

  it("unless a listener of 'unexpected-response' takes it over", async () => {
    const url = await answering(() => 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
    const ws = dial(url);
    const [request, response] = (await once(ws, 'unexpected-response')) as [http.ClientRequest, IncomingMessage];
    expect(response.statusCode).toBe(401);
    expect(request.path).toBe('/');
    const seen = failure(ws);
    ws.terminate();
    expect(await seen).toMatchObject({ message: CLOSED_BEFORE, code: 1006 });
  });

  it('frames in the packet of a good answer are not lost', async () => {
    const url = await answering((request, socket) => {
      socket.end(`${accept(request)}\x81\x02hi\x88\x02\x03\xe8`, 'latin1');
      return undefined;
    });
    const ws = dial(url);
    const messages: string[] = [];
    ws.on('message', (data) => messages.push(String(data)));
    expect(await closed(ws)).toMatchObject({ code: 1000 });
    expect(messages).toEqual(['hi']);
  });
});

describe('deadlines', () => {
  it.each([
    ['says nothing', () => undefined],
    [
      'dribbles',
      (_: string, socket: net.Socket) => {
        socket.write('HTTP/1.1 101 S\r\n');
        const dribble = setInterval(() => socket.writable && socket.write('X: y\r\n'), 20);
        socket.on('close', () => clearInterval(dribble));
        return undefined;
      },
    ],
  ])('handshakeTimeout holds for a server that %s', async (_, answer) => {
    const url = await answering(answer);
    const startedAt = Date.now();
    const seen = await failure(dial(url, { handshakeTimeout: 150 }));
    expect(seen).toMatchObject({ message: 'Opening handshake has timed out', code: 1006 });
    expect(Date.now() - startedAt).toBeLessThan(1_500);
  });

  it('handshakeTimeout holds for a server that never ends TLS', async () => {
    const server = await started(net.createServer((socket) => void socket.on('error', () => {})));
    const seen = await failure(dial(`wss://127.0.0.1:${portOf(server)}/`, { handshakeTimeout: 100 }));
    expect(seen.message).toBe('Opening handshake has timed out');
  });

  it('handshakeTimeout spans redirects', async () => {
    const url: string = await answering((_, socket) => {
      const answer = `HTTP/1.1 302 F\r\nLocation: ${url}\r\nContent-Length: 0\r\n\r\n`;
      setTimeout(() => socket.write(answer), 40);
      return undefined;
    });
    const seen = await failure(dial(url, { handshakeTimeout: 150, followRedirects: true, maxRedirects: 1_000 }));
    expect(seen.message).toBe('Opening handshake has timed out');
  });

  it('handshakeTimeout does not touch a connection that is open', async () => {
    const { url } = await listen();
    const ws = dial(url, { handshakeTimeout: 1_500 });
    await once(ws, 'open');
    await sleep(1_600);
    expect(ws.readyState).toBe(WebSocketClient.OPEN);
  });

  it('an AbortSignal ends the attempt with its reason, and only that', async () => {
    const controller = new AbortController();
    const url = await answering(() => undefined);
    const ws = dial(url, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('changed my mind')), 30);
    expect(await failure(ws)).toMatchObject({ message: 'changed my mind', code: 1006 });

    const { url: good } = await listen();
    const late = new AbortController();
    const open = dial(good, { signal: late.signal });
    await once(open, 'open');
    late.abort();
    await sleep(20);
    expect(open.readyState).toBe(WebSocketClient.OPEN);
  });

  it('an AbortSignal that is aborted already never dials', async () => {
    let dialled = 0;
    const url = await answering(() => void dialled++);
    const seen = await failure(dial(url, { signal: AbortSignal.abort(new Error('too late')) }));
    expect(seen).toMatchObject({ message: 'too late', code: 1006 });
    await sleep(20);
    expect(dialled).toBe(0);
  });

  it.each<[string, (ws: WebSocketClient, controller: AbortController) => void, boolean]>([
    ['close after a signal that was aborted before', (ws) => ws.close(), true],
    ['terminate after a signal that was aborted before', (ws) => ws.terminate(), true],
    ['close after the signal', (ws, controller) => [controller.abort(), ws.close()], false],
    ['the signal after close', (ws, controller) => [ws.close(), controller.abort()], false],
  ])("ends once, by %s, and 'error' is told to who listens from now on", async (_, end, isAborted) => {
    const url = await answering(() => undefined);
    const controller = new AbortController();
    if (isAborted) controller.abort();
    const ws = dial(url, { signal: controller.signal });
    end(ws, controller);
    expect(ws.readyState).toBe(WebSocketClient.CLOSING);
    const events: string[] = [];
    ws.on('error', () => events.push('error'));
    ws.on('close', () => events.push('close'));
    await sleep(50);
    expect(events).toEqual(['error', 'close']);
  });

  it('null for a signal is none, as for http.request', async () => {
    const { url } = await listen();
    const ws = dial(url, { signal: null } as unknown as ClientOptions);
    await once(ws, 'open');
    expect(ws.readyState).toBe(WebSocketClient.OPEN);
  });
});

describe('an attempt that fails leaves no connection behind', () => {
  const endless = 'HTTP/1.1 200 OK\r\n\r\nand so on';
  it.each<[string, (request: string) => string | undefined, () => ClientOptions, ((ws: WebSocketClient) => void)?]>([
    ['by an answer that is no upgrade', () => endless, () => ({})],
    ['by a wrong answer', (request) => accept(request, { 'Sec-WebSocket-Accept': 'no' }), () => ({})],
    ['by its deadline', () => undefined, () => ({ handshakeTimeout: 50 })],
    ['by its signal', () => undefined, () => ({ signal: AbortSignal.timeout(50) })],
    ['by close', () => undefined, () => ({}), (ws) => setTimeout(() => ws.close(), 50)],
    ["by close when 'upgrade' is told", accept, () => ({}), (ws) => ws.on('upgrade', () => ws.close())],
    [
      'by a redirect to where nobody listens',
      () => 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\nand so on',
      () => ({ followRedirects: true }),
    ],
  ])('%s', async (_, answer, options, act) => {
    let socket: net.Socket | undefined;
    const url = await answering((request, asking) => {
      socket = asking;
      return answer(request);
    });
    const ws = dial(url, options());
    act?.(ws);
    await failure(ws);
    await until(() => socket!.destroyed);
    expect(socket!.destroyed).toBe(true);
  });
});

describe('close and terminate while connecting', () => {
  const moments: [string, (ws: WebSocketClient, end: () => void) => void][] = [
    ['at once', (_, end) => end()],
    ['in the next tick', (_, end) => process.nextTick(end)],
    ['in the next turn', (_, end) => setImmediate(end)],
    ['when the server has the request', (_, end) => setTimeout(end, 30)],
  ];
  it.each(moments.flatMap(([when, act]) => (['close', 'terminate'] as const).map((how) => [how, when, act] as const)))(
    '%s %s',
    async (how, _, act) => {
      const url = await answering(() => undefined);
      const ws = dial(url);
      ws.on('open', () => expect.unreachable());
      const events: string[] = [];
      ws.on('error', (error) => events.push(error.message));
      ws.on('close', (code) => events.push(`close ${code}`));
      act(ws, () => {
        ws[how]();
        expect(ws.readyState).toBe(WebSocketClient.CLOSING);
        ws[how]();
      });
      await closed(ws);
      await sleep(20);
      expect(events).toEqual([CLOSED_BEFORE, 'close 1006']);
    },
  );

  it('works also from a listener of upgrade, and of error', async () => {
    const { url } = await listen();
    const ws = dial(url);
    ws.on('upgrade', () => ws.terminate());
    ws.on('open', () => expect.unreachable());
    expect(await failure(ws)).toMatchObject({ message: CLOSED_BEFORE, code: 1006 });

    const other = dial(await answering(() => 'HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n'));
    other.on('error', () => other.close());
    expect(await failure(other)).toMatchObject({ message: 'Unexpected server response: 500', code: 1006 });
  });

  it('leaves no socket behind', async () => {
    const sockets: net.Socket[] = [];
    const server = await started(net.createServer((socket) => sockets.push(socket.on('error', () => {}))));
    const ws = dial(`ws://127.0.0.1:${portOf(server)}/`);
    await until(() => sockets.length === 1);
    const seen = failure(ws);
    ws.close();
    await seen;
    sockets[0]!.resume();
    await until(() => sockets[0]!.destroyed);
  });
});

describe('redirects', () => {
  const credentials = {
    followRedirects: true,
    rejectUnauthorized: false,
    auth: 'ann:secret',
    headers: { Cookie: 'a=b', 'Proxy-Authorization': 'x', 'X-Other': 'kept' },
  };

  async function follow(
    from: { origin: string },
    location: string,
    options: ClientOptions = credentials,
  ): Promise<WebSocketClient> {
    const ws = dial(`${from.origin}/to?${encodeURIComponent(location)}`, options);
    await once(ws, 'open');
    return ws;
  }

  it('are followed on the same host with all credentials', async () => {
    const server = await redirecting();
    const ws = await follow(server, '/there?x=1');
    expect(ws.url).toBe(`${server.origin}/there?x=1`);
    expect(server.seen[1]!.headers).toMatchObject({
      authorization: `Basic ${btoa('ann:secret')}`,
      cookie: 'a=b',
      'proxy-authorization': 'x',
      'x-other': 'kept',
    });
  });

  it.each([
    ['another host', false, false],
    ['the clear', true, false],
  ])('take no credentials to %s', async (_, firstSecure, nextSecure) => {
    const first = await redirecting(firstSecure);
    const next = await redirecting(nextSecure);
    await follow(first, `${next.origin.replace('ws', 'http')}/`);
    const { headers } = next.seen[0]!;
    expect(headers['x-other']).toBe('kept');
    expect(headers.host).toBe(next.origin.split('//')[1]);
    for (const name of ['authorization', 'cookie', 'proxy-authorization']) expect(headers[name]).toBeUndefined();
  });

  it("leave the decision to a listener of 'redirect'", async () => {
    const first = await redirecting();
    const next = await redirecting();
    const ws = dial(`${first.origin}/to?${encodeURIComponent(next.origin)}`, credentials);
    const urls: string[] = [];
    ws.on('redirect', (url, request) => {
      urls.push(url);
      request.removeHeader('cookie');
    });
    await once(ws, 'open');
    expect(urls).toEqual([`${next.origin}/`]);
    expect(next.seen[0]!.headers.cookie).toBeUndefined();
    expect(next.seen[0]!.headers.authorization).toBe(`Basic ${btoa('ann:secret')}`);
  });

  it.each([
    ['in circles', 'Maximum redirects exceeded', (url: string) => url],
    ['to no WebSocket', /protocol must be one of/, () => 'ftp://a/'],
    ['to no URL', 'Invalid URL: ws://', () => 'ws://'],
    ['to a fragment', /fragment/, () => '/#a'],
  ])('that lead %s fail', async (_, message, location) => {
    const url: string = await answering(
      () => `HTTP/1.1 307 F\r\nLocation: ${location(url)}\r\nContent-Length: 0\r\n\r\n`,
    );
    const seen = await failure(dial(url, { followRedirects: true, maxRedirects: 3 }));
    expect(seen.message).toMatch(message);
    expect(seen.code).toBe(1006);
  });

  it('can be ended from a listener', async () => {
    const first = await redirecting();
    const ws = dial(`${first.origin}/to?${encodeURIComponent(first.origin)}`, credentials);
    ws.on('redirect', () => ws.close());
    ws.on('open', () => expect.unreachable());
    expect(await failure(ws)).toMatchObject({ message: CLOSED_BEFORE });
  });
});

describe('other ways to a server', () => {
  it('ws+unix: speaks over a Unix domain socket, with path and query', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'halyard-'));
    cleanUp(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'a:b.sock'.replace(':', '_'));
    const server = http.createServer();
    const wss = new WebSocketServer({ server });
    server.listen(path);
    await once(server, 'listening');
    cleanUp(() => server.close());
    const connection = once(wss, 'connection');
    const ws = dial(`ws+unix:${path}:/there?x=1`);
    const [[socket, request]] = await Promise.all([connection, once(ws, 'open')]);
    expect(request.url).toBe('/there?x=1');
    expect(request.headers.host).toBe('localhost');
    socket.terminate();
  });

  it('wss needs a certificate that it knows', async () => {
    const certificate = selfSignedCertificate();
    const server = await started(https.createServer(certificate));
    const wss = new WebSocketServer({ server });
    const url = `wss://127.0.0.1:${portOf(server)}/`;
    expect((await failure(dial(url))).error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const ws = dial(url, { ca: certificate.cert });
    await once(ws, 'open');
    expect(wss.clients.size).toBe(1);
  });

  it('any Duplex that createConnection returns', async () => {
    const { port } = await listen();
    let called = 0;
    const ws = dial('ws://nowhere.invalid/', {
      createConnection: () => {
        called++;
        return net.connect(port, '127.0.0.1');
      },
    });
    await once(ws, 'open');
    expect(called).toBe(1);
  });

  it('an agent', async () => {
    const { url } = await listen();
    const agent = new http.Agent({ keepAlive: true });
    const ws = dial(url, { agent });
    await once(ws, 'open');
    ws.close();
    await closed(ws);
    agent.destroy();
  });
});
