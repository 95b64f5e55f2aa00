import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect as netConnect } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { VerifyClientCallbackAsync } from 'ws';
import { implementations } from './implementations.ts';
import { ACCEPT, ask, dial, failed, KEY, listen, listenOn, REQUEST, sleep } from './support.ts';

describe.each(implementations)('the answer of a server of %s', (_, implementation) => {
  it('to a good request is 101', async () => {
    const { port } = await listen(implementation);
    const { status, headers } = await ask(port);
    expect(status).toBe(101);
    expect(headers).toMatchObject({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': ACCEPT });
    expect(Object.keys(headers)).toHaveLength(3);
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['version 8', { 'Sec-WebSocket-Version': '8' }],
    ['Upgrade: WebSocket', { Upgrade: 'WebSocket' }],
    ['an unknown extension', { 'Sec-WebSocket-Extensions': 'foo; bar=1, baz' }],
    ['more in Connection', { Connection: 'keep-alive, Upgrade' }],
  ])('to %s is 101', async (_case, headers) => {
    const { port } = await listen(implementation);
    const response = await ask(port, headers);
    expect(response.status).toBe(101);
    expect(response.headers).not.toHaveProperty('sec-websocket-extensions');
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['another Upgrade', { Upgrade: 'foo' }],
    ['no key', { 'Sec-WebSocket-Key': undefined }],
    ['an empty key', { 'Sec-WebSocket-Key': '' }],
    ['a key of 15 bytes', { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }],
    ['a key that is no base64', { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }],
    ['a malformed subprotocol', { 'Sec-WebSocket-Protocol': 'a,,b' }],
    ['a subprotocol that is no token', { 'Sec-WebSocket-Protocol': 'a b' }],
    ['a subprotocol twice', { 'Sec-WebSocket-Protocol': 'a, a' }],
    ['an empty subprotocol', { 'Sec-WebSocket-Protocol': '' }],
  ])('to %s is 400', async (_case, headers) => {
    const { wss, port } = await listen(implementation);
    wss.on('connection', () => {
      throw new Error('must not connect');
    });
    const response = await ask(port, headers);
    expect([response.status, response.headers.connection]).toEqual([400, 'close']);
    expect(Number(response.headers['content-length'])).toBe(Buffer.byteLength(response.body));
  });

  it.each([undefined, '7', '14', 'x', ''])('to version %j is a refusal that names the right ones', async (version) => {
    const { port } = await listen(implementation);
    const { status, headers } = await ask(port, { 'Sec-WebSocket-Version': version });
    expect([400, 426]).toContain(status);
    expect(headers['sec-websocket-version']).toBe('13, 8');
  });

  it.each(['POST', 'PUT', 'DELETE'])('to %s is 405', async (method) => {
    const { port } = await listen(implementation);
    expect((await ask(port, {}, { method })).status).toBe(405);
  });

  it('to a plain request is 426', async () => {
    const { port } = await listen(implementation);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect([response.status, await response.text()]).toEqual([426, 'Upgrade Required']);
    expect(response.headers.get('content-type')).toMatch('text/plain');
  });

  it("is left to listeners of 'wsClientError'", async () => {
    const { wss, port } = await listen(implementation);
    const seen: unknown[] = [];
    wss.on('wsClientError', (error: Error, socket: Duplex, request: IncomingMessage) => {
      seen.push(error instanceof Error, request.url);
      socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
    });
    expect((await ask(port, { 'Sec-WebSocket-Key': 'bad' }, { path: '/bad' })).status).toBe(418);
    expect((await ask(port, {}, { method: 'POST', path: '/post' })).status).toBe(418);
    expect(seen).toEqual([true, '/bad', true, '/post']);
  });

  it("is 400 to a path that is not the server's, whoever listens to 'wsClientError'", async () => {
    const { wss, port } = await listen(implementation, { path: '/here' });
    wss.on('wsClientError', (_error: Error, socket: Duplex) => socket.destroy());
    expect((await ask(port, {}, { path: '/there' })).status).toBe(400);
  });

  it('is not sent to who has gone', async () => {
    const wss = new implementation.WebSocketServer({ noServer: true });
    const server = createServer();
    let calls = 0;
    const handled = new Promise<void>((resolve) => {
      server.on('upgrade', (request, socket, head) => {
        socket.on('error', () => {});
        socket.once('close', () => {
          wss.handleUpgrade(request, socket, head, () => (calls += 1));
          setImmediate(resolve);
        });
        socket.destroy();
      });
    });
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`);
    ws.on('error', () => {});
    await handled;
    expect(calls).toBe(0);
  });
});

describe.each(implementations)('verifyClient of %s', (_, implementation) => {
  it('is told origin, request and whether it is secure', async () => {
    const seen: unknown[] = [];
    const { port } = await listen(implementation, {
      verifyClient: (info: { origin: string; secure: boolean; req: IncomingMessage }) => {
        seen.push(info.origin, info.secure, info.req.url);
        return true;
      },
    });
    expect((await ask(port, { Origin: 'https://a.example' }, { path: '/v' })).status).toBe(101);
    const old = { 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'https://b.example' };
    expect((await ask(port, old)).status).toBe(101);
    expect(seen).toEqual(['https://a.example', false, '/v', 'https://b.example', false, '/']);
  });

  it('refuses with 401 by returning false', async () => {
    const { port, url } = await listen(implementation, { verifyClient: () => false });
    const { status, headers } = await ask(port);
    expect([status, headers.connection]).toEqual([401, 'close']);
    expect((await failed(dial(implementation, url))).message).toBe('Unexpected server response: 401');
  });

  it.each<[unknown[], number, string]>([
    [[false], 401, 'Unauthorized'],
    [[false, 403], 403, 'Forbidden'],
    [[false, 404, 'nothing here'], 404, 'nothing here'],
    [[false, 302, ''], 302, 'Found'],
    [[false, '403'], 403, 'Forbidden'],
    [[false, 0, undefined, null], 401, 'Unauthorized'],
    [[false, null, null, null], 401, 'Unauthorized'],
  ])('refuses by its callback: %j', async (answer, status, body) => {
    const { port } = await listen(implementation, {
      verifyClient: ((_info, callback) => {
        setTimeout(() => (callback as (...args: unknown[]) => void)(...answer), 5);
      }) as VerifyClientCallbackAsync,
    });
    const response = await ask(port);
    expect([response.status, response.body]).toEqual([status, body]);
  });

  it.each<[string, unknown, unknown]>([
    ['one argument', (...args: [unknown]) => args.length === 1, (info: unknown) => info === null],
    [
      'an argument with a default',
      (_info: unknown, answer: unknown = null) => answer === null,
      (_info: unknown, answer: unknown = null) => answer !== null,
    ],
    [
      'three arguments',
      (_info: unknown, _answer: unknown, _more: unknown) => true,
      (_info: unknown, _answer: unknown, _more: unknown) => false,
    ],
  ])('is given no callback with %s, and its result counts', async (_case, yes, no) => {
    const { wss, port } = await listen(implementation, { verifyClient: yes as never });
    const accepted = await ask(port);
    wss.options.verifyClient = no as never;
    expect([accepted.status, (await ask(port)).status]).toEqual([101, 401]);
  });

  it('is called on the options, as is handleProtocols', async () => {
    const seen: unknown[] = [];
    const { wss, port } = await listen(implementation, {
      verifyClient(this: unknown) {
        seen.push(this);
        return true;
      },
      handleProtocols(this: unknown) {
        seen.push(this);
        return false;
      },
    });
    await ask(port, { 'Sec-WebSocket-Protocol': 'a' });
    wss.options.verifyClient = function (this: unknown, _info, answer) {
      seen.push(this);
      answer(true);
    } as VerifyClientCallbackAsync;
    await ask(port);
    expect(seen.map((one) => one === wss.options)).toEqual([true, true, true]);
  });

  it('refuses with headers', async () => {
    const { port } = await listen(implementation, {
      verifyClient: ((_info, callback) =>
        callback(false, 503, '', { 'Retry-After': '120' })) as VerifyClientCallbackAsync,
    });
    const { status, headers } = await ask(port);
    expect([status, headers['retry-after']]).toEqual([503, '120']);
  });

  it('lets in by its callback, and what came meanwhile is heard', async () => {
    const { wss, port } = await listen(implementation, {
      verifyClient: ((_info, callback) => void setTimeout(() => callback(true), 30)) as VerifyClientCallbackAsync,
    });
    const message = new Promise<string>((resolve) =>
      wss.on('connection', (ws) => ws.on('message', (data) => resolve(String(data)))),
    );
    const socket = netConnect(port, '127.0.0.1');
    socket.write(`${REQUEST.join('\r\n')}\r\n\r\n`);
    await sleep(10);
    socket.write(Buffer.from('818100000000 61'.replace(' ', ''), 'hex'));
    expect(await message).toBe('a');
    socket.destroy();
  });

  it('makes no connection of a socket that has gone meanwhile', async () => {
    const asked: ((verified: boolean) => void)[] = [];
    const streams: Duplex[] = [];
    const { wss, port } = await listen(implementation, {
      verifyClient: (({ req }, callback) => {
        streams.push(req.socket);
        asked.push(callback);
      }) as VerifyClientCallbackAsync,
    });
    let connections = 0;
    wss.on('connection', () => (connections += 1));
    const socket = netConnect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    while (asked.length === 0) await sleep(5);
    socket.resetAndDestroy();
    await once(socket, 'close');
    while (!streams[0]!.destroyed) await sleep(5);
    asked[0]!(true);
    await sleep(20);
    expect(connections).toBe(0);
  });

  it('may be set late', async () => {
    const { wss, port } = await listen(implementation);
    wss.options.verifyClient = () => false;
    expect((await ask(port)).status).toBe(401);
    wss.options.verifyClient = null as never;
    expect((await ask(port)).status).toBe(101);
  });
});
