import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http, { createServer, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions } from 'ws';
import { selfSignedCertificate } from '../support/tls.ts';
import { implementations } from './implementations.ts';
import { closed, dial, failed, listen, listenOn, record } from './support.ts';

/** Answers every upgrade with a redirect; a function may look at the path. */
function redirectTo(
  location: string | ((path: string) => string),
  server: Server = createServer(),
  status = 301,
): Server {
  return server.on('upgrade', (request: IncomingMessage, socket) => {
    socket.on('error', () => {});
    const target = typeof location === 'string' ? location : location(request.url!);
    socket.end(`HTTP/1.1 ${status} Moved\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`);
  });
}

const CREDENTIALS = { authorization: 'Basic Zm9vOmJhcg==', cookie: 'a=b', host: 'named.example' };
const FOLLOW: ClientOptions = { followRedirects: true };

/** The address of a server that does nothing else. */
const redirecting = async (location: string | ((path: string) => string), status?: number): Promise<string> =>
  `ws://127.0.0.1:${await listenOn(redirectTo(location, createServer(), status))}/`;

describe.each(implementations)('redirects with %s', (_, implementation) => {
  /** A server for WebSockets and the headers it was last asked with. */
  async function target(): Promise<{ port: number; url: string; request(): Promise<IncomingMessage> }> {
    const { wss, port, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[unknown, IncomingMessage]>;
    return { port, url, request: async () => (await connection)[1] };
  }

  it.each([301, 302, 303, 307, 308])('follow %d', async (status) => {
    const { url, request } = await target();
    const ws = dial(implementation, await redirecting(`${url}there?x=1`.replace('ws:', 'http:'), status), [], FOLLOW);
    await once(ws, 'open');
    expect((await request()).url).toBe('/there?x=1');
    expect(ws.url).toBe(`${url}there?x=1`);
  });

  it('follow a relative address, and tell of each', async () => {
    const wss = new implementation.WebSocketServer({ noServer: true });
    const server = createServer();
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/end') wss.handleUpgrade(request, socket, head, () => {});
      else socket.end(`HTTP/1.1 302 Found\r\nLocation: ${request.url === '/' ? '/middle' : 'end'}\r\n\r\n`);
    });
    const url = `ws://127.0.0.1:${await listenOn(server)}/`;
    const ws = dial(implementation, url, [], FOLLOW);
    const seen: unknown[][] = [];
    ws.on('redirect', (to, request) => seen.push([to, request instanceof http.ClientRequest, ws.readyState]));
    await once(ws, 'open');
    expect(seen).toEqual([
      [`${url}middle`, true, 0],
      [`${url}end`, true, 0],
    ]);
  });

  it('are followed ten times unless told otherwise', async () => {
    let asked = 0;
    const url = await redirecting(() => `/${(asked += 1)}`);
    expect((await failed(dial(implementation, url, [], FOLLOW))).message).toBe('Maximum redirects exceeded');
    expect(asked).toBe(11);
    asked = 0;
    const once_ = dial(implementation, url, [], { ...FOLLOW, maxRedirects: 1 });
    expect((await failed(once_)).message).toBe('Maximum redirects exceeded');
    expect(asked).toBe(2);
  });

  it.each([
    ['ws://', 'Invalid URL: ws://'],
    ['bad:///x', 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'],
    ['ws://127.0.0.1/#fragment', 'The URL contains a fragment identifier'],
  ])("to %s are an 'error'", async (location, message) => {
    const error = await failed(dial(implementation, await redirecting(location), [], FOLLOW));
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error.message).toBe(message);
  });

  it('without a Location are an unexpected response', async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'));
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`, [], FOLLOW);
    expect((await failed(ws)).message).toBe('Unexpected server response: 302');
  });

  it('keep the headers on the same host', async () => {
    const server = createServer();
    const wss = new implementation.WebSocketServer({ server, path: '/end' });
    wss.shouldHandle = () => true;
    const requests: IncomingMessage[] = [];
    server.removeAllListeners('upgrade');
    server.on('upgrade', (request, socket, head) => {
      requests.push(request);
      if (request.url === '/end') wss.handleUpgrade(request, socket, head, () => {});
      else socket.end('HTTP/1.1 302 Found\r\nLocation: /end\r\n\r\n');
    });
    const url = `ws://127.0.0.1:${await listenOn(server)}/`;
    await once(dial(implementation, url, [], { ...FOLLOW, headers: { ...CREDENTIALS, 'X-Mine': '1' } }), 'open');
    expect(requests.map(({ headers }) => headers)).toMatchObject([
      { ...CREDENTIALS, 'x-mine': '1' },
      { ...CREDENTIALS, 'x-mine': '1' },
    ]);
  });

  it('send the headers of the first request as they were given', async () => {
    const server = createServer();
    const asked = once(server, 'upgrade') as Promise<[IncomingMessage]>;
    const url = `ws://127.0.0.1:${await listenOn(server)}/`;
    const ws = dial(implementation, url, [], { ...FOLLOW, headers: { 'X-Mine': '1' } });
    ws.on('error', () => {});
    const [{ rawHeaders }] = await asked;
    expect(rawHeaders).toContain('X-Mine');
  });

  it.each<[string, (url: string) => [string, ClientOptions]]>([
    ['userinfo', (url) => [url.replace('//', '//mine:1@'), FOLLOW]],
    ['auth', (url) => [url, { ...FOLLOW, auth: 'mine:1' } as ClientOptions]],
    ['Authorization', (url) => [url, { ...FOLLOW, headers: { Authorization: `Basic ${btoa('mine:1')}` } }]],
  ])('keep what the user said by %s where the address of a redirect says another', async (_form, form) => {
    const server = createServer();
    const seen: unknown[] = [];
    server.on('upgrade', ({ url, headers }, socket) => {
      seen.push(url, headers.authorization);
      const { host } = headers;
      socket.end(url === '/' ? `HTTP/1.1 302 Found\r\nLocation: ws://other:2@${host}/end\r\n\r\n` : '');
    });
    const [url, options] = form(`ws://127.0.0.1:${await listenOn(server)}/`);
    await failed(dial(implementation, url, [], options));
    expect(seen).toEqual(['/', `Basic ${btoa('mine:1')}`, '/end', `Basic ${btoa('mine:1')}`]);
  });

  it('do not show credentials to another host', async () => {
    const { port, url, request } = await target();
    const from = await redirecting(url);
    const ws = dial(implementation, from, [], { ...FOLLOW, headers: { ...CREDENTIALS, 'X-Mine': '1' } });
    await once(ws, 'open');
    const { headers } = await request();
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).toMatchObject({ host: `127.0.0.1:${port}`, 'x-mine': '1' });
  });

  it.each(['auth', 'userinfo'])('do not show %s to another host', async (form) => {
    const { url, request } = await target();
    const from = await redirecting(url);
    const ws =
      form === 'auth'
        ? dial(implementation, from, [], { ...FOLLOW, auth: 'a:b' } as ClientOptions)
        : dial(implementation, from.replace('//', '//a:b@'), [], FOLLOW);
    await once(ws, 'open');
    expect((await request()).headers).not.toHaveProperty('authorization');
  });

  it("show everything when a listener of 'redirect' is there to decide", async () => {
    const { url, request } = await target();
    const ws = dial(implementation, await redirecting(url), [], { ...FOLLOW, headers: CREDENTIALS });
    ws.on('redirect', (_to, redirected: ClientRequest) => redirected.removeHeader('cookie'));
    await once(ws, 'open');
    const { headers } = await request();
    expect(headers).toMatchObject({ authorization: CREDENTIALS.authorization, host: CREDENTIALS.host });
    expect(headers).not.toHaveProperty('cookie');
  });

  it('do not show credentials in the clear that were encrypted before', async () => {
    const { key, cert } = selfSignedCertificate();
    const plain = createServer();
    const wss = new implementation.WebSocketServer({ server: plain });
    const connection = once(wss, 'connection') as Promise<[unknown, IncomingMessage]>;
    const port = await listenOn(plain);
    // The same name and port in both addresses: only the scheme differs.
    const secure = createSecureServer({ key, cert }) as unknown as Server;
    redirectTo('ws://named.example/', secure);
    const securePort = await listenOn(secure);
    const { connect: connectTls } = await import('node:tls');
    const { connect: connectTcp } = await import('node:net');
    const ws = dial(implementation, 'wss://named.example/', [], {
      ...FOLLOW,
      headers: CREDENTIALS,
      createConnection: (options: { port?: number | string }) =>
        Number(options.port) === 443
          ? connectTls({ port: securePort, host: '127.0.0.1', ca: cert, servername: 'localhost' })
          : connectTcp(port, '127.0.0.1'),
    } as unknown as ClientOptions);
    await once(ws, 'open');
    const { headers } = (await connection)[1];
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
    expect(headers.host).toBe(CREDENTIALS.host);
    wss.close();
  });

  it('do not show credentials when they lead from TCP to a Unix domain socket, or back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'halyard-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = join(folder, 'r.sock');
    const { url, request } = await target();
    const server = redirectTo(url);
    server.listen(socketPath);
    await once(server, 'listening');
    const ws = dial(implementation, `ws+unix:${socketPath}`, [], { ...FOLLOW, headers: CREDENTIALS });
    await once(ws, 'open');
    expect((await request()).headers).not.toHaveProperty('authorization');
    server.close();

    const local = createServer();
    const wss = new implementation.WebSocketServer({ server: local });
    const connection = once(wss, 'connection') as Promise<[unknown, IncomingMessage]>;
    const localPath = join(folder, 'l.sock');
    local.listen(localPath);
    await once(local, 'listening');
    const there = dial(implementation, await redirecting(`ws+unix:${localPath}`), [], {
      ...FOLLOW,
      headers: CREDENTIALS,
    });
    await once(there, 'open');
    expect((await connection)[1].headers).not.toHaveProperty('authorization');
    const end = closed(there);
    there.terminate();
    await end;
    wss.close();
    local.close();
  });

  it('do not change the options of the user', async () => {
    const { url } = await target();
    const options: ClientOptions = { ...FOLLOW, headers: { Authorization: 'x', Cookie: 'y' } };
    const before = structuredClone(options);
    await once(dial(implementation, await redirecting(url), [], options), 'open');
    expect(options).toEqual(before);
  });

  it("are followed again from a request that a listener of 'redirect' has destroyed with an error", async () => {
    const { url } = await target();
    const ws = dial(implementation, await redirecting(url), [], FOLLOW);
    const events = record(ws);
    ws.on('redirect', (_to, request) => request.destroy(new Error('stop')));
    const end = closed(ws);
    const error = new Promise<Error>((resolve) => ws.once('error', resolve));
    expect((await error).message).toBe('stop');
    expect(await end).toEqual([1006, '']);
    expect(events).toEqual(['redirect', 'error', 'close']);
  });
});
