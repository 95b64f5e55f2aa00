import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketClient, WebSocketServer } from '../../src/index.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import {
  ask,
  cleanUp,
  closed,
  dial,
  duplexPair,
  failure,
  head,
  KEY,
  listen,
  masked,
  openPair,
  portOf,
  RawPeer,
  sleep,
  started,
  until,
  upgradeRequest,
} from '../socket/support.ts';
import { selfSignedCertificate } from '../support/tls.ts';

/** Echoes what it is told, with a mark. */
function echo(wss: WebSocketServer, mark = ''): WebSocketServer {
  return wss.on('connection', (ws) =>
    ws.on('message', (data, isBinary) => ws.send(mark + String(data), { binary: isBinary })),
  );
}

const foreign = (): void => {};

/** Has a server note each request that its `shouldHandle` is asked about; returns the notes. */
function askedOf(wss: WebSocketServer): (string | undefined)[] {
  const urls: (string | undefined)[] = [];
  const shouldHandle = wss.shouldHandle.bind(wss);
  wss.shouldHandle = (request) => {
    urls.push(request.url);
    return shouldHandle(request);
  };
  return urls;
}

/** An `authenticate` that thinks for as long as the test wants, about a request that the test is told of. */
function thinking() {
  let tell: (asking: { request: http.IncomingMessage; answer: () => void }) => void;
  const asked = new Promise<Parameters<typeof tell>[0]>((resolve) => (tell = resolve));
  const authenticate = (request: http.IncomingMessage) =>
    new Promise<void>((answer) => tell({ request, answer: () => answer() }));
  return { asked, authenticate };
}

async function reply(url: string, message = 'hi', options = {}): Promise<string> {
  const ws = dial(url, options);
  await once(ws, 'open');
  ws.send(message);
  const [data] = (await once(ws, 'message')) as [Buffer];
  ws.close();
  await closed(ws);
  return String(data);
}

describe('a WebSocketServer on an HTTP server of others', () => {
  it('leaves ordinary requests to it', async () => {
    const server = await started(http.createServer((_, response) => response.end('plain')));
    echo(new WebSocketServer({ server }));
    const url = `//127.0.0.1:${portOf(server)}/`;
    expect(await reply(`ws:${url}`)).toBe('hi');
    expect(await (await fetch(`http:${url}`)).text()).toBe('plain');
    expect(await reply(`ws:${url}`)).toBe('hi');
  });

  it('shares it with others of its kind by path, and refuses once what nobody wants', async () => {
    const server = await started(http.createServer());
    for (const path of ['/a', '/b']) echo(new WebSocketServer({ server, path }), path);
    const url = `ws://127.0.0.1:${portOf(server)}`;
    expect(await reply(`${url}/a`)).toBe('/ahi');
    expect(await reply(`${url}/b?query`)).toBe('/bhi');
    const answer = await ask(portOf(server), upgradeRequest({}, 'GET /c HTTP/1.1'));
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('gives a request to the one of them whose shouldHandle throws, which has an answer for that', async () => {
    const server = await started(http.createServer());
    echo(new WebSocketServer({ server, path: '/a' }));
    const failing = new WebSocketServer({ server });
    let calls = 0;
    failing.shouldHandle = () => {
      throw new Error(`its own fault, ${++calls}`);
    };
    const hookError = once(failing, 'hookError');
    expect(await ask(portOf(server), upgradeRequest({}, 'GET /c HTTP/1.1'))).toMatch(/^HTTP\/1\.1 500 /);
    expect((await hookError)[0]).toMatchObject({ message: 'its own fault, 1' });
    expect(calls).toBe(1);
  });

  it('asks each of them once about a request, until one wants it', async () => {
    const server = await started(http.createServer());
    const [first, second, third] = ['/a', '/b', '/c'].map((path) =>
      askedOf(echo(new WebSocketServer({ server, path }), path)),
    );
    const url = `ws://127.0.0.1:${portOf(server)}`;
    expect(await reply(`${url}/a`)).toBe('/ahi');
    expect(await reply(`${url}/b`)).toBe('/bhi');
    expect(await ask(portOf(server), upgradeRequest({}, 'GET /none HTTP/1.1'))).toMatch(/^HTTP\/1\.1 400 /);
    expect(first).toEqual(['/a', '/b', '/none']);
    expect(second).toEqual(['/b', '/none']);
    expect(third).toEqual(['/none']);
  });

  it('asks once when foreign listeners or others of its kind come and go', async () => {
    const server = await started(http.createServer());
    const urls = askedOf(echo(new WebSocketServer({ server, path: '/a' })));
    const url = `ws://127.0.0.1:${portOf(server)}/a`;
    await reply(url);
    expect(urls).toHaveLength(1);
    server.on('upgrade', foreign);
    await reply(url);
    expect(urls).toHaveLength(2);
    server.removeListener('upgrade', foreign);
    const other = new WebSocketServer({ server, path: '/b' });
    await reply(url);
    expect(urls).toHaveLength(3);
    other.close();
    await reply(url);
    expect(urls).toHaveLength(4);
  });

  it('asks once also where a handleUpgrade of its own takes its time, and anew when that is called by hand', async () => {
    class Slow extends WebSocketServer {
      override handleUpgrade(
        ...[request, stream, first, callback]: Parameters<WebSocketServer['handleUpgrade']>
      ): void {
        setImmediate(() => super.handleUpgrade(request, stream, first, callback));
      }
    }
    const server = await started(http.createServer());
    const slow = new Slow({ server, path: '/a' });
    const urls = askedOf(echo(slow));
    // What the slow one does not want comes here, and is brought back under another name.
    server.on('upgrade', (request: http.IncomingMessage, stream: net.Socket, first: Buffer) => {
      if (request.url === '/a') return;
      request.url = '/a';
      slow.handleUpgrade(request, stream, first, (ws) => slow.emit('connection', ws, request));
    });
    expect(await reply(`ws://127.0.0.1:${portOf(server)}/a`)).toBe('hi');
    expect(await reply(`ws://127.0.0.1:${portOf(server)}/b`)).toBe('hi');
    expect(urls).toEqual(['/a', '/b', '/a']);
  });

  it('leaves what it does not want to foreign upgrade listeners', async () => {
    const server = await started(http.createServer());
    echo(new WebSocketServer({ server, path: '/ws' }));
    server.on('upgrade', (request: http.IncomingMessage, stream: net.Socket) => {
      if (request.url === '/foreign') stream.end('HTTP/1.1 101 Mine\r\n\r\nforeign');
    });
    expect(await ask(portOf(server), upgradeRequest({}, 'GET /foreign HTTP/1.1'))).toContain('foreign');
    expect(await reply(`ws://127.0.0.1:${portOf(server)}/ws`)).toBe('hi');
  });

  it('speaks wss on an https server, and says so to verifyClient', async () => {
    const certificate = selfSignedCertificate();
    const server = await started(https.createServer(certificate));
    const secure: boolean[] = [];
    echo(new WebSocketServer({ server, verifyClient: (info) => secure.push(info.secure) > 0 }));
    const url = `wss://127.0.0.1:${portOf(server)}/`;
    expect(await reply(url, 'x'.repeat(100_000), { ca: certificate.cert })).toHaveLength(100_000);
    expect(secure).toEqual([true]);
    expect((await failure(dial(url))).error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('takes its listeners away on close, and leaves the server to its owner', async () => {
    const server = await started(http.createServer((_, response) => response.end('plain')));
    const wss = new WebSocketServer({ server });
    wss.close();
    await once(wss, 'close');
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(server.listening).toBe(true);
    expect(await (await fetch(`http://127.0.0.1:${portOf(server)}`)).text()).toBe('plain');
  });
});

describe('noServer', () => {
  it('upgrades any Duplex', async () => {
    const wss = echo(new WebSocketServer({ noServer: true }));
    const [near, far] = duplexPair();
    const request = {
      method: 'GET',
      url: '/',
      httpVersion: '1.1',
      headers: {} as Record<string, string>,
      rawHeaders: [] as string[],
    };
    for (const line of upgradeRequest().trim().split('\r\n').slice(1)) {
      const [name, value] = line.split(': ') as [string, string];
      request.headers[name.toLowerCase()] = value;
      request.rawHeaders.push(name, value);
    }
    wss.handleUpgrade(request as unknown as http.IncomingMessage, near, Buffer.alloc(0), (ws, asked) => {
      wss.emit('connection', ws, asked);
    });
    const ws = new WebSocketClient(null, undefined, { isServer: false });
    const [answer] = (await once(far, 'data')) as [Buffer];
    expect(String(answer)).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    ws.setSocket(far, Buffer.alloc(0));
    ws.send('over memory');
    expect(String((await once(ws, 'message'))[0])).toBe('over memory');
    ws.close(4000, 'done');
    expect(await closed(ws)).toEqual({ code: 4000, reason: 'done' });
    expect(KEY).toHaveLength(24);
  });

  it('takes an error of a stream that fails before or during its upgrade, which would end the process', async () => {
    const server = await started(http.createServer());
    const early = new WebSocketServer({ noServer: true });
    const late = new WebSocketServer({ noServer: true });
    const infos: WebSocket['closeInfo'][] = [];
    late.on('headers', (_lines, request) => request.socket.destroy(new Error('failed during')));
    server.on('upgrade', (request, stream, upgradeHead) => {
      if (request.url === '/early') {
        stream.destroy(new Error('failed before'));
        early.handleUpgrade(request, stream, upgradeHead, () => expect.unreachable());
      } else {
        late.handleUpgrade(request, stream, upgradeHead, (ws) => ws.on('close', () => infos.push(ws.closeInfo)));
      }
    });
    for (const path of ['/early', '/late']) {
      await expect(reply(`ws://127.0.0.1:${portOf(server)}${path}`)).rejects.toThrow();
    }
    await until(() => infos.length > 0);
    expect(infos.map(({ cause, clean }) => [cause?.message, clean])).toEqual([['failed during', false]]);
  });

  it('throws when one socket is upgraded twice, and the first goes on', async () => {
    const server = await started(http.createServer());
    const wss = echo(new WebSocketServer({ noServer: true }));
    const errors: unknown[] = [];
    server.on('upgrade', (request, stream, upgradeHead) => {
      wss.handleUpgrade(request, stream, upgradeHead, (ws) => wss.emit('connection', ws, request));
      try {
        wss.handleUpgrade(request, stream, upgradeHead, () => expect.unreachable());
      } catch (error) {
        errors.push(error);
      }
    });
    expect(await reply(`ws://127.0.0.1:${portOf(server)}`)).toBe('hi');
    expect(errors).toHaveLength(1);
    expect(String(errors[0])).toContain('called more than once with the same socket');
  });

  it('has no address', () => {
    expect(() => new WebSocketServer({ noServer: true }).address()).toThrow('"noServer" mode');
  });

  it('needs one and only one of port, server and noServer', () => {
    expect(() => new WebSocketServer({})).toThrow(TypeError);
    expect(() => new WebSocketServer({ port: 0, noServer: true })).toThrow(TypeError);
  });
});

describe('what arrives with the request', () => {
  it('is not lost', async () => {
    const { wss, port } = await listen();
    const heard: string[] = [];
    wss.on('connection', (ws) => ws.on('message', (data) => heard.push(String(data))));
    const peer = await RawPeer.connect(port);
    peer.write(Buffer.concat([Buffer.from(upgradeRequest()), masked(1, 'one'), masked(1, 'two'), masked(8, '')]));
    await until(() => peer.gone);
    expect(heard).toEqual(['one', 'two']);
    expect(peer.text).toMatch(/^HTTP\/1\.1 101 /);
    expect(peer.received.subarray(-2).toString('hex')).toBe('8800');
  });

  it('may come in any pieces', async () => {
    const { wss, port } = await listen();
    const heard: string[] = [];
    wss.on('connection', (ws) => ws.on('message', (data) => heard.push(String(data))));
    const peer = await RawPeer.connect(port);
    peer.socket.setNoDelay();
    const bytes = Buffer.concat([Buffer.from(upgradeRequest()), masked(1, 'one')]);
    for (let i = 0; i < bytes.length; i += 17) {
      peer.write(bytes.subarray(i, i + 17));
      await sleep(1);
    }
    await until(() => heard.length === 1);
    expect(heard).toEqual(['one']);
  });
});

describe('deadlines and dead peers', () => {
  it('ends a connection whose headers dribble in', async () => {
    const { port } = await listen({ handshakeTimeout: 400 });
    const peer = await RawPeer.connect(port);
    peer.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const startedAt = Date.now();
    const dribble = setInterval(() => !peer.gone && peer.write('X: y\r\n'), 50);
    cleanUp(() => clearInterval(dribble));
    await until(() => peer.gone);
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  it('ends a connection that says nothing', async () => {
    const { port } = await listen({ handshakeTimeout: 400 });
    const peer = await RawPeer.connect(port);
    await until(() => peer.gone || peer.ended);
  });

  it('does not wait on close for a connection that says nothing', async () => {
    const { port, wss } = await listen();
    await RawPeer.connect(port);
    await sleep(20);
    wss.close();
    await once(wss, 'close');
  });

  it('listens no more to a stream behind a hook than without one', async () => {
    const listeners: number[] = [];
    for (const authenticate of [undefined, () => 'ann']) {
      const { wss, port } = await listen({ authenticate });
      const connection = once(wss, 'connection') as Promise<[WebSocket]>;
      await RawPeer.upgrade(port);
      listeners.push((await connection)[0]._socket!.listenerCount('error'));
    }
    expect(listeners[1]).toBe(listeners[0]);
  });

  it('survives an error of the socket during the handshake', async () => {
    const { asked, authenticate } = thinking();
    const { port, wss } = await listen({ authenticate });
    wss.on('connection', () => expect.unreachable());
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest());
    const { request, answer } = await asked;
    peer.socket.resetAndDestroy();
    await until(() => request.socket.destroyed);
    answer();
    await sleep(30);
    expect(wss.clients.size).toBe(0);
  });

  it('a heartbeat ends with its server', async () => {
    const wss = new WebSocketServer({ noServer: true, heartbeat: { interval: 20, timeout: 10 } });
    let pings = 0;
    const member = { readyState: WebSocketClient.OPEN, heard: true, isPaused: false, ping: () => void pings++ };
    wss.clients = new Set([member as unknown as WebSocketClient]);
    await until(() => pings > 0);
    wss.clients.clear();
    wss.close();
    await once(wss, 'close');
    wss.clients.add(member as unknown as WebSocketClient);
    pings = 0;
    await sleep(100);
    expect(pings).toBe(0);
  });

  it('a heartbeat leaves who is closing to the deadline for that', async () => {
    const { wss, port } = await listen({ heartbeat: { interval: 40, timeout: 20 }, closeTimeout: 5_000 });
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const silent = await RawPeer.upgrade(port);
    const [ws] = await connection;
    ws.close(1000);
    await sleep(200);
    expect([ws.readyState, silent.socket.destroyed]).toEqual([WebSocketClient.CLOSING, false]);
  });

  it('a heartbeat removes the silent, and spares the live and those whose reading we paused ourselves', async () => {
    const { wss, port, url } = await listen({ heartbeat: { interval: 900, timeout: 800 } });
    const sockets: WebSocket[] = [];
    wss.on('connection', (ws) => sockets.push(ws));
    const silent = await RawPeer.upgrade(port);
    silent.socket.pause();
    const live = dial(url);
    await once(live, 'open');
    const waiting = dial(url);
    await once(waiting, 'open');
    sockets[2]!.pause();
    const startedAt = Date.now();
    expect(await closed(sockets[0]!)).toMatchObject({ code: 1006 });
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    await sleep(2_000);
    expect(live.readyState).toBe(WebSocketClient.OPEN);
    expect(waiting.readyState).toBe(WebSocketClient.OPEN);
    expect(wss.clients.size).toBe(2);
  });

  it.each([
    [0, 0],
    [10, 10],
    [10, -1],
    [10, NaN],
  ])('a heartbeat of %d ms with a timeout of %d ms is refused', (interval, timeout) => {
    expect(() => new WebSocketServer({ noServer: true, heartbeat: { interval, timeout } })).toThrow(RangeError);
  });
});

describe('life', () => {
  it('clients holds the open sockets, and nothing when it is turned off', async () => {
    const { wss, client, server } = await openPair();
    expect([...wss.clients]).toEqual([server]);
    client.close();
    await closed(server);
    expect(wss.clients.size).toBe(0);
    expect((await openPair({ clientTracking: false })).wss.clients).toBeUndefined();
  });

  it("an error that nobody listens to becomes the server's 'socketError'", async () => {
    const { wss, port } = await listen();
    const socketError = once(wss, 'socketError');
    const peer = await RawPeer.upgrade(port);
    peer.write(Buffer.from('8100', 'hex'));
    const [error, ws] = (await socketError) as [Error, WebSocket];
    expect(error).toMatchObject({ code: 'WS_ERR_EXPECTED_MASK' });
    expect(await closed(ws)).toMatchObject({ code: 1006 });
    expect(peer.received.toString('hex')).toBe('880203ea');
  });

  it('clients may be a Set of the program, as with ws', async () => {
    const { wss, url } = await listen({ clientTracking: false });
    const mine = new Set<WebSocketClient>();
    wss.clients = mine;
    const ws = dial(url);
    await once(ws, 'open');
    await until(() => mine.size === 1);
    expect(wss.clients).toBe(mine);
    ws.close();
    await until(() => mine.size === 0);
  });

  it("close waits for the clients, emits 'close' once, and answers the second call with an error", async () => {
    const { wss, client, server } = await openPair();
    let count = 0;
    wss.on('close', () => count++);
    const results: unknown[] = [];
    wss.close((error) => results.push(error));
    wss.close((error) => results.push(error));
    expect(wss.address()).toBeNull();
    await sleep(30);
    expect(count).toBe(0);
    expect(server.readyState).toBe(WebSocketClient.OPEN);
    client.close();
    await until(() => count === 1);
    expect(results).toEqual([undefined, undefined]);
    const late = new Promise((resolve) => {
      wss.close(resolve);
    });
    expect(await late).toMatchObject({ message: 'The server is not running' });
  });

  it('answers 503 to a handshake that ends after close', async () => {
    const server = await started(http.createServer());
    const { asked, authenticate } = thinking();
    const wss = new WebSocketServer({ server, authenticate });
    const peer = await RawPeer.connect(portOf(server));
    const said = peer.ask(upgradeRequest());
    const { answer } = await asked;
    wss.close();
    answer();
    expect(await said).toMatch(/^HTTP\/1\.1 503 /);
  });

  it('emits listening, tells its address, and the error of a port that is taken', async () => {
    const { wss, port } = await listen();
    expect(wss.address()).toMatchObject({ address: '127.0.0.1', port });
    const second = new WebSocketServer({ port, host: '127.0.0.1' });
    expect((await once(second, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
  });

  it('gives the headers of its answer to listeners, who may add some', async () => {
    const { wss, port } = await listen();
    wss.on('headers', (lines) => lines.push('X-Mine: yes'));
    const peer = await RawPeer.connect(port);
    peer.write(upgradeRequest({ 'Sec-WebSocket-Protocol': 'a, b' }));
    await until(() => peer.text.includes('\r\n\r\n'));
    expect(peer.text.split('\r\n').slice(0, 4)).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    ]);
    expect(peer.text).toContain('\r\nSec-WebSocket-Protocol: a\r\n');
    expect(peer.text).toContain('\r\nX-Mine: yes\r\n');
  });

  it('lets handleProtocols pick, or decline', async () => {
    const { url } = await listen({ handleProtocols: (offered) => (offered.has('b') ? 'b' : false) });
    const ws = dial(url, {}, ['a', 'b', 'constructor']);
    await once(ws, 'open');
    expect(ws.protocol).toBe('b');
    expect((await failure(dial(url, {}, ['a']))).message).toBe('Server sent no subprotocol');
  });

  it('keeps a keep-alive request and an upgrade on one connection apart', async () => {
    const server = await started(http.createServer((_, response) => response.end('plain')));
    echo(new WebSocketServer({ server }));
    const peer = await RawPeer.connect(portOf(server));
    peer.write(head(['GET / HTTP/1.1', 'Host: a']));
    await until(() => peer.text.includes('plain'));
    peer.write(Buffer.concat([Buffer.from(upgradeRequest()), masked(1, 'hi')]));
    await until(() => peer.received.subarray(-4).toString('hex') === '81026869');
  });
});
