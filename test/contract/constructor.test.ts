import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http, { createServer, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect as netConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions, WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import { connect, connectToRaw, dial, failed, listen } from './support.ts';

const NOWHERE = 'ws://127.0.0.1:1/';

describe.each(implementations)('new WebSocket of %s', (_, implementation) => {
  const { WebSocket: Class } = implementation;

  /** The request as the server sees it. */
  async function requestOf(
    options?: ClientOptions,
    { protocols, edit = (url) => url }: { protocols?: string | string[]; edit?: (url: string) => string } = {},
  ): Promise<IncomingMessage> {
    const { wss, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const client = dial(implementation, edit(url), protocols, options);
    await once(client, 'open');
    return (await connection)[1];
  }

  it.each([
    ['what is no URL', 'foo', 'Invalid URL: foo'],
    ['an empty string', '', 'Invalid URL: '],
    [
      'another scheme',
      'bad:///x',
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    ],
    ['ws+unix: without a path', 'ws+unix:', "The URL's pathname is empty"],
    ['a fragment', 'ws://127.0.0.1/#x', 'The URL contains a fragment identifier'],
  ])('throws a SyntaxError for %s', (_case, url, message) => {
    expect(() => new Class(url)).toThrow(new SyntaxError(message));
    expect(() => new Class(url)).toThrow(SyntaxError);
  });

  it.each([
    ['null', null],
    ['an empty string', ''],
    ['two in one string', 'a,b'],
    ['a space', 'a b'],
    ['a duplicate', ['a', 'a']],
    ['an empty string in a list', ['a', '']],
    ['a number in a list', [1]],
    ['a letter that is no token', 'ä'],
  ])('throws a SyntaxError for subprotocols that are %s', (_case, protocols) => {
    const error = new SyntaxError('An invalid or duplicated subprotocol was specified');
    expect(() => new Class(NOWHERE, protocols as string)).toThrow(error);
  });

  it.each([
    [undefined, undefined],
    [[], undefined],
    ['a', 'a'],
    [['a', 'b'], 'a,b'],
  ])('with subprotocols %j sends the header %j', async (protocols, header) => {
    const { wss, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const client = dial(implementation, url, protocols);
    expect(client.protocol).toBe('');
    await once(client, 'open');
    expect((await connection)[1].headers['sec-websocket-protocol']).toBe(header);
    expect(client.protocol).toBe(header === undefined ? '' : 'a');
  });

  it('takes options as the second argument, subprotocols among them', async () => {
    const { wss, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const client = new Class(url, { headers: { 'x-one': '1' }, protocols: ['p', 'q'] } as ClientOptions);
    await once(client, 'open');
    expect((await connection)[1].headers).toMatchObject({ 'x-one': '1', 'sec-websocket-protocol': 'p,q' });
    client.close();
  });

  it.each([12, 0, 1000, '13'])('throws a RangeError for protocolVersion %j', (protocolVersion) => {
    expect(() => new Class(NOWHERE, { protocolVersion: protocolVersion as number })).toThrow(
      new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`),
    );
  });

  it.each([
    [13, 'origin', 'sec-websocket-origin'],
    [8, 'sec-websocket-origin', 'origin'],
  ])('says version %d and puts the origin into the header %s', async (protocolVersion, header, other) => {
    const { headers } = await requestOf({ protocolVersion, origin: 'https://page.example' });
    expect(headers['sec-websocket-version']).toBe(String(protocolVersion));
    expect(headers[header]).toBe('https://page.example');
    expect(headers).not.toHaveProperty(other);
  });

  it('sends the headers of a handshake, and a new key of 16 bytes each time', async () => {
    const [one, two] = [await requestOf({ perMessageDeflate: false }), await requestOf()];
    expect(one.headers).toMatchObject({ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' });
    const keys = [one, two].map(({ headers }) => headers['sec-websocket-key']!);
    expect(keys.map((key) => Buffer.from(key, 'base64').length)).toEqual([16, 16]);
    expect(keys[0]).not.toBe(keys[1]);
    expect(one.headers).not.toHaveProperty('origin');
    expect(one.headers).not.toHaveProperty('authorization');
    expect(one.headers).not.toHaveProperty('sec-websocket-extensions');
  });

  it.each([
    ['ws', 'ws'],
    ['http', 'ws'],
  ])('takes %s: in a string or a URL object, and does not touch the object', async (scheme, shown) => {
    const { url } = await listen(implementation);
    const given = new URL(`${url.replace('ws:', `${scheme}:`)}path?q=1`);
    const before = given.href;
    const clients = [new Class(given), new Class(before)];
    for (const client of clients) {
      expect(client.url).toBe(`${url}path?q=1`.replace('ws:', `${shown}:`));
      await once(client, 'open');
      client.close();
    }
    expect(given.href).toBe(before);
  });

  it('takes wss: and https:', async () => {
    for (const url of ['wss://127.0.0.1:1/', 'https://127.0.0.1:1/']) {
      const client = new Class(url);
      expect(client.url).toBe('wss://127.0.0.1:1/');
      expect((await failed(client)).code).toBe('ECONNREFUSED');
    }
  });

  it('reads a fragment that is empty as none', async () => {
    const request = await requestOf({}, { edit: (url) => `${url}x#` });
    expect(request.url).toBe('/x');
  });

  it.each([
    ['ws://halyard.test/', 'halyard.test'],
    ['ws://halyard.test:80/', 'halyard.test'],
    ['ws://halyard.test:8080/', 'halyard.test:8080'],
    ['ws://[::1]:8080/', '[::1]:8080'],
  ])('for %s says Host: %s, through createConnection', async (url, host) => {
    const { wss, port } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    let seen: { host?: string; port?: unknown } = {};
    const client = dial(implementation, url, [], {
      createConnection: (options: object) => {
        seen = options;
        return netConnect(port, '127.0.0.1');
      },
    } as ClientOptions);
    await once(client, 'open');
    expect((await connection)[1].headers.host).toBe(host);
    expect(seen.host).toBe(new URL(url).hostname.replaceAll(/[[\]]/g, ''));
  });

  it('dials through an agent', async () => {
    const { url } = await listen(implementation);
    const agent = new http.Agent();
    const create = agent.createConnection.bind(agent);
    let calls = 0;
    agent.createConnection = (...args) => {
      calls += 1;
      return create(...args);
    };
    await once(dial(implementation, url, [], { agent }), 'open');
    expect(calls).toBe(1);
  });

  it.each([
    ['user and password of the URL', 'user:pass@', undefined, 'user:pass'],
    ['auth', '', 'one:two', 'one:two'],
    ['the URL before auth', 'user:pass@', 'one:two', 'user:pass'],
    ['percent signs decoded', 'us%20er:p%40ss%3A@', undefined, 'us er:p@ss:'],
    ['a user only', 'user@', undefined, 'user:'],
  ])('says who it is by %s', async (_case, userinfo, auth, expected) => {
    const edit = (url: string): string => url.replace('//', `//${userinfo}`);
    const { headers } = await requestOf((auth === undefined ? {} : { auth }) as ClientOptions, { edit });
    expect(headers.authorization).toBe(`Basic ${Buffer.from(expected).toString('base64')}`);
  });

  it('does not let headers replace those of the handshake', async () => {
    const { headers } = await requestOf({ headers: { Upgrade: 'foo', 'Sec-WebSocket-Key': 'bar', Cookie: 'a=b' } });
    expect(headers).toMatchObject({ upgrade: 'websocket', cookie: 'a=b' });
    expect(headers['sec-websocket-key']).not.toBe('bar');
  });

  it('calls finishRequest instead of ending the request', async () => {
    const { headers } = await requestOf({
      finishRequest: (request: ClientRequest, ws: WebSocket) => {
        expect(request).toBeInstanceOf(http.ClientRequest);
        expect(ws).toBeInstanceOf(Class);
        setTimeout(() => {
          request.setHeader('x-late', 'yes');
          request.end();
        }, 10);
      },
    } as ClientOptions);
    expect(headers['x-late']).toBe('yes');
  });

  it('masks with the key of generateMask', async () => {
    const { ws, raw } = await connectToRaw(implementation, {
      generateMask: (mask: Buffer) => void mask.fill(0x11),
    });
    ws.send('abc');
    expect(await raw.read(9)).toBe('8183111111117073 72'.replace(' ', ''));
  });

  it('dials a Unix domain socket, with a path behind a colon', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'halyard-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = join(folder, 's.sock');
    const server = createServer();
    const wss = new implementation.WebSocketServer({ server });
    server.listen(socketPath);
    await once(server, 'listening');
    expect(wss.address()).toBe(socketPath);
    for (const [path, seen] of [
      ['', '/'],
      [':/chat?room=1', '/chat?room=1'],
      [':/a:b', '/a:b'],
    ] as const) {
      const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
      const client = new Class(`ws+unix:${socketPath}${path}`);
      await once(client, 'open');
      const [peer, request] = await connection;
      expect([request.url, request.headers.host]).toEqual([seen, 'localhost']);
      peer.close();
      await once(client, 'close');
    }
    wss.close();
    server.close();
  });

  it('with null for the address waits for setSocket', () => {
    const ws = new Class(null as never, undefined, {});
    expect([ws.readyState, ws.url]).toEqual([0, undefined]);
  });

  it("has the class of the server's sockets", async () => {
    const { peer, client } = await connect(implementation);
    expect(peer).toBeInstanceOf(Class);
    expect(client).toBeInstanceOf(Class);
    expect(peer.url).toBeUndefined();
  });
});
