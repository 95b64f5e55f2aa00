import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions, ServerOptions, WebSocket } from 'ws';
import { selfSignedCertificate } from '../support/tls.ts';
import { implementations } from './implementations.ts';
import { ask, closed, connect, dial, listen, listenOn, nextMessage, sleep, tick } from './support.ts';

const handleProtocols = (): false => false;

describe.each(implementations)('new WebSocketServer of %s', (_, implementation) => {
  const { WebSocketServer: Class } = implementation;

  it.each<[string, ServerOptions]>([
    ['nothing', {}],
    ['port and server', { port: 0, server: createServer() }],
    ['port and noServer', { port: 0, noServer: true }],
    ['server and noServer', { server: createServer(), noServer: true }],
    ['all three', { port: 0, server: createServer(), noServer: true }],
    ['a path only', { path: '/x' }],
  ])('throws a TypeError for %s', (_case, options) => {
    expect(() => new Class(options)).toThrow(
      new TypeError('One and only one of the "port", "server", or "noServer" options must be specified'),
    );
  });

  it('keeps what it was given in options, with defaults', () => {
    const given: ServerOptions = { noServer: true, maxPayload: 1_000, handleProtocols, path: '/x' };
    const wss = new Class(given);
    expect(wss.options).toMatchObject({ ...given, clientTracking: true });
    expect(given).toEqual({ noServer: true, maxPayload: 1_000, handleProtocols, path: '/x' });
    expect(new Class({ noServer: true }).options).toMatchObject({
      autoPong: true,
      clientTracking: true,
      maxPayload: 100 * 1024 * 1024,
      perMessageDeflate: false,
      skipUTF8Validation: false,
      closeTimeout: 30_000,
      noServer: true,
    });
  });

  it("listens, and says so to the callback and by 'listening'", async () => {
    const calls: string[] = [];
    const wss = new Class({ port: 0, host: '127.0.0.1' }, () => calls.push('callback'));
    onTestFinished(() => wss.close());
    wss.on('listening', () => calls.push('event'));
    await once(wss, 'listening');
    await tick();
    expect(calls).toEqual(['callback', 'event']);
    expect(wss.address()).toMatchObject({ address: '127.0.0.1', family: 'IPv4', port: expect.any(Number) as unknown });
  });

  it('takes a path for its port, as process.env.PORT may be one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'halyard-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'pipe');
    const wss = new Class({ port: path as unknown as number });
    await once(wss, 'listening');
    expect(wss.address()).toBe(path);
    const ws = dial(implementation, `ws+unix:${path}:/`);
    await once(ws, 'open');
    ws.terminate();
    wss.close();
    await once(wss, 'close');
  });

  it("tells of an error of its server by 'error'", async () => {
    const { port } = await listen(implementation);
    const wss = new Class({ port, host: '127.0.0.1' });
    const [error] = (await once(wss, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('EADDRINUSE');
  });

  it("uses a given server, passes on its 'listening' and 'error', and leaves requests alone", async () => {
    const server = createServer((_request, response) => response.end('page'));
    const wss = new Class({ server });
    let isListening = false;
    wss.on('listening', () => (isListening = true));
    const port = await listenOn(server);
    expect(isListening).toBe(true);
    expect((wss.address() as AddressInfo).port).toBe(port);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page');
    await once(dial(implementation, `ws://127.0.0.1:${port}/`), 'open');
    const error = once(wss, 'error');
    server.emit('error', new Error('of the server'));
    expect(((await error) as [Error])[0].message).toBe('of the server');
    wss.close();
  });

  it('takes a server that listens already', async () => {
    const server = createServer();
    const port = await listenOn(server);
    const wss = new Class({ server });
    await once(dial(implementation, `ws://127.0.0.1:${port}/`), 'open');
    wss.close();
  });

  it('works over TLS', async () => {
    const { key, cert } = selfSignedCertificate();
    const server = createSecureServer({ key, cert });
    const wss = new Class({ server, verifyClient: ({ secure }: { secure: boolean }) => secure });
    const port = await listenOn(server);
    wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
    const ws = dial(implementation, `wss://localhost:${port}/`, [], {
      ca: cert,
      createConnection: undefined,
      lookup: (_name: string, _options: object, callback: (error: null, list: object[]) => void) =>
        callback(null, [{ address: '127.0.0.1', family: 4 }]),
    } as ClientOptions);
    await once(ws, 'open');
    const echo = nextMessage(ws);
    ws.send(Buffer.alloc(100_000, 7));
    expect((await echo).data.equals(Buffer.alloc(100_000, 7))).toBe(true);
    wss.close();
  });

  it('with noServer has no address, and is handed upgrades', async () => {
    const wss = new Class({ noServer: true });
    expect(() => wss.address()).toThrow(new Error('The server is operating in "noServer" mode'));
    const server = createServer();
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, (ws, handled) => {
        expect(handled).toBe(request);
        expect(ws.readyState).toBe(1);
        wss.emit('connection', ws, request);
      });
    });
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`);
    const [peer] = await connection;
    expect(wss.clients.has(peer)).toBe(true);
    if (ws.readyState !== 1) await once(ws, 'open');
    wss.close();
  });

  it('throws when handleUpgrade is called twice with one socket', async () => {
    const wss = new Class({ noServer: true });
    const server = createServer();
    const thrown = new Promise<unknown>((resolve) => {
      server.on('upgrade', (request, socket, head) => {
        wss.handleUpgrade(request, socket, head, (ws) => {
          try {
            wss.handleUpgrade(request, socket, head, () => {});
          } catch (error) {
            resolve(error);
          }
          ws.close();
        });
      });
    });
    dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`);
    expect(await thrown).toEqual(
      new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      ),
    );
  });

  it('keeps open sockets in clients', async () => {
    const { wss, url } = await listen(implementation);
    expect(wss.clients).toEqual(new Set());
    const clients = [dial(implementation, url), dial(implementation, url)];
    await Promise.all(clients.map((ws) => once(ws, 'open')));
    expect(wss.clients.size).toBe(2);
    const [first] = wss.clients;
    const end = closed(first!);
    first!.terminate();
    await end;
    expect([wss.clients.size, wss.clients.has(first!)]).toEqual([1, false]);
  });

  it('keeps none with clientTracking: false', async () => {
    const { wss, url } = await listen(implementation, { clientTracking: false });
    expect(wss.clients).toBeUndefined();
    const ws = dial(implementation, url);
    await once(ws, 'open');
    const end = once(wss, 'close');
    ws.terminate();
    wss.close();
    await end;
  });

  it('makes sockets of a given class', async () => {
    class Sub extends implementation.WebSocket {
      greet(): void {
        this.send('hello');
      }
    }
    const { wss, url } = await listen(implementation, { WebSocket: Sub as never });
    wss.on('connection', (ws) => (ws as Sub).greet());
    const ws = dial(implementation, url);
    expect((await nextMessage(ws)).data.toString()).toBe('hello');
    expect([...wss.clients][0]).toBeInstanceOf(Sub);
  });

  it('picks the subprotocol that is first, or by handleProtocols, which may be set late', async () => {
    const { wss, url } = await listen(implementation);
    const agreed = async (...protocols: string[]): Promise<string> => {
      const connection = once(wss, 'connection') as Promise<[WebSocket]>;
      const ws = dial(implementation, url, protocols);
      await once(ws, 'open');
      const [peer] = await connection;
      expect(peer.protocol).toBe(ws.protocol);
      return ws.protocol;
    };
    expect(await agreed('a', 'b')).toBe('a');
    const seen: unknown[] = [];
    wss.options.handleProtocols = (protocols, request) => {
      seen.push([...protocols], request.url);
      return 'b';
    };
    expect(await agreed('a', 'b')).toBe('b');
    expect(seen).toEqual([['a', 'b'], '/']);
  });

  it('is not asked for a subprotocol when none is offered, and may refuse all', async () => {
    let calls = 0;
    const { port } = await listen(implementation, {
      handleProtocols: () => {
        calls += 1;
        return false;
      },
    });
    expect((await ask(port)).headers).not.toHaveProperty('sec-websocket-protocol');
    expect(calls).toBe(0);
    const { status, headers } = await ask(port, { 'Sec-WebSocket-Protocol': 'a, b' });
    expect([status, calls]).toEqual([101, 1]);
    expect(headers).not.toHaveProperty('sec-websocket-protocol');
  });

  it('reads its options for each request: they may be changed for one', async () => {
    const { wss, port, url } = await listen(implementation);
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const agreed = async (): Promise<unknown> => (await ask(port, offer)).headers['sec-websocket-extensions'];
    expect(await agreed()).toBeUndefined();
    wss.options.perMessageDeflate = { serverNoContextTakeover: true };
    expect(await agreed()).toBe('permessage-deflate; server_no_context_takeover');
    wss.options.perMessageDeflate = false;
    expect(await agreed()).toBeUndefined();

    wss.options.maxPayload = 3;
    const ws = dial(implementation, url);
    wss.on('connection', (peer) => peer.on('error', () => {}));
    await once(ws, 'open');
    const end = closed(ws);
    ws.send('four');
    expect((await end)[0]).toBe(1009);

    wss.options.path = '/only';
    expect([(await ask(port)).status, (await ask(port, {}, { path: '/only' })).status]).toEqual([400, 101]);
  });

  it('handles only its path, whatever the query', async () => {
    const { wss, port } = await listen(implementation, { path: '/chat' });
    expect(wss.shouldHandle({ url: '/chat?x=1' } as IncomingMessage)).toBe(true);
    expect(wss.shouldHandle({ url: '/chat/' } as IncomingMessage)).toBe(false);
    expect((await ask(port, {}, { path: '/chat?x=1' })).status).toBe(101);
    expect((await ask(port, {}, { path: '/other' })).status).toBe(400);
  });

  it('asks shouldHandle of a subclass, once for each request that is valid', async () => {
    let asked = 0;
    class Picky extends Class {
      override shouldHandle(request: IncomingMessage): boolean {
        asked += 1;
        return request.headers['x-let-me'] === 'in';
      }
    }
    const { port } = await listen({ ...implementation, WebSocketServer: Picky as never });
    expect((await ask(port)).status).toBe(400);
    expect((await ask(port, { 'X-Let-Me': 'in' })).status).toBe(101);
    expect(asked).toBe(2);
    expect((await ask(port, {}, { method: 'POST' })).status).toBe(405);
    expect((await ask(port, { 'Sec-WebSocket-Key': undefined })).status).toBe(400);
    expect(asked).toBe(2);
  });

  it('asks shouldHandle once in each call of handleUpgrade, whoever has asked it before', async () => {
    const server = createServer();
    const wss = new Class({ noServer: true });
    const urls: (string | undefined)[] = [];
    wss.shouldHandle = ({ url }) => {
      urls.push(url);
      return url === '/yes';
    };
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (request.url === '/before') {
        wss.shouldHandle(request);
        request.url = '/yes';
      }
      wss.handleUpgrade(request, socket, head, () => {});
    });
    const port = await listenOn(server);
    const statuses: number[] = [];
    for (const path of ['/yes', '/no', '/before']) statuses.push((await ask(port, {}, { path })).status);
    expect(statuses).toEqual([101, 400, 101]);
    expect(urls).toEqual(['/yes', '/no', '/before', '/yes']);
  });

  it('asks shouldHandle once behind a handleUpgrade of a subclass that takes its time', async () => {
    let asked = 0;
    class Slow extends Class {
      override shouldHandle(): boolean {
        asked += 1;
        return true;
      }

      override handleUpgrade(...args: Parameters<InstanceType<typeof Class>['handleUpgrade']>): void {
        expect(args).toHaveLength(4);
        setImmediate(() => super.handleUpgrade(...args));
      }
    }
    const { port } = await listen({ ...implementation, WebSocketServer: Slow as never });
    expect((await ask(port)).status).toBe(101);
    expect(asked).toBe(1);
  });
});

describe.each(implementations)('close of a WebSocketServer of %s', (_, implementation) => {
  const { WebSocketServer: Class } = implementation;

  it("calls back and tells 'close', and then has no address", async () => {
    const wss = new Class({ port: 0, host: '127.0.0.1' });
    await once(wss, 'listening');
    const calls: unknown[] = [];
    wss.on('close', () => calls.push('event'));
    await new Promise<void>((resolve) => {
      wss.close((error) => {
        calls.push(error ?? null);
        resolve();
      });
      expect(calls).toEqual([]);
      expect(wss.address()).toBeNull();
    });
    expect(calls).toEqual(['event', null]);
  });

  it('is told to every callback, with an error when it is closed already', async () => {
    const wss = new Class({ noServer: true });
    const closing = (): Promise<Error | undefined> => new Promise((resolve) => wss.close(resolve));
    expect((await Promise.all([closing(), closing()])).map((error) => error ?? null)).toEqual([null, null]);
    expect(await closing()).toEqual(new Error('The server is not running'));
    const again = once(wss, 'close');
    wss.close();
    await again;
  });

  it('leaves a given server open, takes its listeners back and waits for the clients', async () => {
    const server = createServer();
    const listeners = (): number[] => ['upgrade', 'listening', 'error'].map((name) => server.listenerCount(name));
    const before = listeners();
    const wss = new Class({ server });
    const port = await listenOn(server);
    const ws = dial(implementation, `ws://127.0.0.1:${port}/`);
    await once(ws, 'open');
    let isClosed = false;
    wss.close(() => (isClosed = true));
    expect(listeners()).toEqual(before);
    await sleep(30);
    expect([isClosed, ws.readyState]).toEqual([false, 1]);
    const end = once(wss, 'close');
    ws.close();
    await end;
    expect([isClosed, server.listening]).toEqual([true, true]);
  });

  it('does not end open sockets by itself', async () => {
    const { wss, client, peer } = await connect(implementation);
    wss.close();
    const message = nextMessage(client);
    peer.send('still here');
    expect((await message).data.toString()).toBe('still here');
    const end = once(wss, 'close');
    client.close();
    await end;
  });

  it('answers 503 from then on', async () => {
    const wss = new Class({ noServer: true });
    const server = createServer();
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, () => {
        throw new Error('must not be called');
      });
    });
    const port = await listenOn(server);
    wss.close();
    expect((await ask(port)).status).toBe(503);
    await tick();
    expect((await ask(port)).status).toBe(503);
  });
});
