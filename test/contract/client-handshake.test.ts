import { once } from 'node:events';
import http, { createServer, type ClientRequest, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ClientOptions } from 'ws';
import { implementations } from './implementations.ts';
import { answering, closed, dial, failed, listenOn, record, sleep } from './support.ts';

const STATUS = 'HTTP/1.1 101 Switching Protocols';
const UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade'];
const ACCEPT = 'Sec-WebSocket-Accept: {accept}';
const GOOD = [STATUS, ...UPGRADE, ACCEPT];
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';

describe.each(implementations)('a client of %s', (_, implementation) => {
  it.each<[string, string[], string, { protocols?: string | string[]; options?: ClientOptions }?]>([
    ['another Upgrade', [STATUS, 'Upgrade: h2c', 'Connection: Upgrade', ACCEPT], 'Invalid Upgrade header'],
    ['no Accept', [STATUS, ...UPGRADE], 'Invalid Sec-WebSocket-Accept header'],
    ['a wrong Accept', [STATUS, ...UPGRADE, 'Sec-WebSocket-Accept: x'], 'Invalid Sec-WebSocket-Accept header'],
    ['no subprotocol', GOOD, 'Server sent no subprotocol', { protocols: 'a' }],
    [
      'another subprotocol',
      [...GOOD, 'Sec-WebSocket-Protocol: b'],
      'Server sent an invalid subprotocol',
      { protocols: ['a', 'c'] },
    ],
    [
      'two subprotocols',
      [...GOOD, 'Sec-WebSocket-Protocol: a, c'],
      'Server sent an invalid subprotocol',
      { protocols: ['a', 'c'] },
    ],
    [
      'a subprotocol nobody asked for',
      [...GOOD, 'Sec-WebSocket-Protocol: a'],
      'Server sent a subprotocol but none was requested',
    ],
    [
      'an extension nobody asked for',
      [...GOOD, DEFLATE],
      'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
      { options: { perMessageDeflate: false } },
    ],
    [
      'a malformed extension',
      [...GOOD, 'Sec-WebSocket-Extensions: permessage-deflate;'],
      'Invalid Sec-WebSocket-Extensions header',
    ],
    [
      'an unknown extension',
      [...GOOD, 'Sec-WebSocket-Extensions: foo'],
      'Server indicated an extension that was not requested',
    ],
    [
      'the name of an inherited property as an extension',
      [...GOOD, 'Sec-WebSocket-Extensions: constructor'],
      'Server indicated an extension that was not requested',
    ],
    ['two extensions', [...GOOD, `${DEFLATE}, foo`], 'Server indicated an extension that was not requested'],
    ['an unknown parameter', [...GOOD, `${DEFLATE}; foo`], 'Invalid Sec-WebSocket-Extensions header'],
    [
      'a parameter out of range',
      [...GOOD, `${DEFLATE}; server_max_window_bits=7`],
      'Invalid Sec-WebSocket-Extensions header',
    ],
    ['401', ['HTTP/1.1 401 Unauthorized', 'Content-Length: 0'], 'Unexpected server response: 401'],
    ['200', ['HTTP/1.1 200 OK', 'Content-Length: 0'], 'Unexpected server response: 200'],
    ['302 that is not followed', ['HTTP/1.1 302 Found', 'Location: /x'], 'Unexpected server response: 302'],
  ])('answered with %s fails', async (_case, lines, message, { protocols, options } = {}) => {
    const ws = dial(implementation, await answering(...lines), protocols, options);
    expect((await failed(ws)).message).toBe(message);
    expect([ws.readyState, ws.protocol, ws.extensions]).toEqual([3, '', '']);
  });

  it.each([
    ['Upgrade: WebSocket', 'Connection: upgrade'],
    ['upgrade: WEBSOCKET', 'connection: keep-alive, Upgrade'],
  ])('does not care for case: %s', async (...upgrade) => {
    const ws = dial(implementation, await answering(STATUS, ...upgrade, ACCEPT));
    await once(ws, 'open');
  });

  it.each([
    ['an end without an answer', '', { message: 'socket hang up', code: 'ECONNRESET' }],
    ['what is not HTTP', 'nonsense\r\n\r\n', { code: 'HPE_INVALID_CONSTANT' }],
  ])('fails at %s with the error of Node', async (_case, answer, expected) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(answer));
    });
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`);
    expect(await failed(ws)).toMatchObject(expected);
  });

  it('fails where nobody listens with the error of Node', async () => {
    expect(await failed(dial(implementation, 'ws://127.0.0.1:1/'))).toMatchObject({
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });
  });

  it('gives up after handshakeTimeout', async () => {
    const server = createTcpServer((socket) => void socket.on('error', () => {}));
    const start = performance.now();
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`, [], { handshakeTimeout: 60 });
    expect((await failed(ws)).message).toBe('Opening handshake has timed out');
    expect(performance.now() - start).toBeGreaterThan(50);
  });

  it("leaves the answer to a listener of 'unexpected-response'", async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nX-Why: no key\r\nContent-Length: 6\r\n\r\nsorry!');
    });
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`);
    const events = record(ws);
    const [request, response] = await new Promise<[ClientRequest, IncomingMessage]>((resolve) =>
      ws.on('unexpected-response', (...both) => resolve(both)),
    );
    expect(request).toBeInstanceOf(http.ClientRequest);
    expect(response).toBeInstanceOf(http.IncomingMessage);
    expect([response.statusCode, response.headers['x-why']]).toEqual([401, 'no key']);
    let body = '';
    for await (const chunk of response) body += String(chunk);
    expect(body).toBe('sorry!');
    expect([ws.readyState, events]).toEqual([0, []]);
    const end = closed(ws);
    ws.terminate();
    expect(await end).toEqual([1006, '']);
    expect(events).toEqual(['error', 'close']);
  });

  it("shows the response to 'upgrade'", async () => {
    const ws = dial(implementation, await answering(...GOOD, 'X-Server: here'));
    const seen: [IncomingMessage, number][] = [];
    ws.on('upgrade', (response) => seen.push([response, ws.readyState]));
    await once(ws, 'open');
    const [[response, readyState]] = seen as [[IncomingMessage, number]];
    expect(response).toBeInstanceOf(http.IncomingMessage);
    expect([response.headers['x-server'], readyState]).toEqual(['here', 0]);
  });

  it('fails when a listener of the request destroys it', async () => {
    const server = createTcpServer((socket) => void socket.on('error', () => {}));
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`, [], {
      finishRequest: (request: ClientRequest) => {
        request.end();
        setTimeout(() => request.destroy(new Error('mine')), 10);
      },
    } as ClientOptions);
    expect((await failed(ws)).message).toBe('mine');
  });

  it('does not fall over an answer with very many headers', async () => {
    const many = Array.from({ length: 3_000 }, (_unused, i) => `X${i}: 1`);
    const ws = dial(implementation, await answering(STATUS, ...many, ...UPGRADE, ACCEPT));
    const events = record(ws);
    const end = closed(ws);
    ws.on('error', () => {});
    ws.on('open', () => ws.close());
    await Promise.race([end, sleep(2_000)]);
    expect(events.at(-1)).toBe('close');
  });
});
