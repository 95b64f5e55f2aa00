import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import { closed, connect, connectRaw, connectToRaw, dial, listen, record, tick } from './support.ts';

const MASK = '00 00 00 00';

describe.each(implementations)('the order of events of %s', (_, implementation) => {
  it("is 'upgrade', 'open', messages, 'close' for a client", async () => {
    const { wss, url } = await listen(implementation);
    wss.on('connection', (ws) => {
      ws.send('one');
      ws.ping();
      ws.send('two');
      ws.close(1000);
    });
    const client = dial(implementation, url);
    const events = record(client);
    expect(await closed(client)).toEqual([1000, '']);
    expect(events).toEqual(['upgrade', 'open', 'message', 'ping', 'message', 'close']);
  });

  it("is 'headers', then 'connection' for a server, with the request", async () => {
    const { wss, url } = await listen(implementation);
    const events: unknown[] = [];
    wss.on('headers', (lines, request) => events.push(['headers', [...lines], request.url]));
    wss.on('connection', (ws, request) => {
      events.push(['connection', ws.readyState, request.url]);
      expect(wss.clients.has(ws)).toBe(true);
    });
    await once(dial(implementation, `${url}path?q`), 'open');
    expect(events).toEqual([
      [
        'headers',
        [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
          expect.stringMatching(/^Sec-WebSocket-Accept: .{28}$/) as string,
        ],
        '/path?q',
      ],
      ['connection', 1, '/path?q'],
    ]);
  });

  it("sends lines that a listener of 'headers' adds, and 'upgrade' shows them", async () => {
    const { wss, url } = await listen(implementation);
    wss.on('headers', (lines) => lines.push('X-Added: yes', 'Set-Cookie: a=b', 'Set-Cookie: c=d'));
    const [response] = (await once(dial(implementation, url), 'upgrade')) as [IncomingMessage];
    expect(response.statusCode).toBe(101);
    expect(response.headers['x-added']).toBe('yes');
    expect(response.headers['set-cookie']).toEqual(['a=b', 'c=d']);
  });

  it('hears a message that comes in one piece with the request', async () => {
    const { wss, port } = await listen(implementation);
    const messages: string[] = [];
    const done = new Promise<void>((resolve) => {
      wss.on('connection', (ws) => {
        ws.on('message', (data) => {
          messages.push(String(data));
          if (messages.length === 2) resolve();
        });
      });
    });
    const { connect: netConnect } = await import('node:net');
    const socket = netConnect(port, '127.0.0.1');
    const head = [
      'GET / HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    const frames = Buffer.from('8181000000006181810000000062', 'hex');
    socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frames]));
    await done;
    expect(messages).toEqual(['a', 'b']);
    socket.destroy();
  });

  it('hears a message that comes in one piece with the answer', async () => {
    const { ws } = await connectToRaw(implementation, {}, { head: '81 01 61 81 01 62' });
    const messages: string[] = [];
    ws.on('open', () => messages.push('open'));
    ws.on('message', (data) => messages.push(String(data)));
    while (messages.length < 3) await tick();
    expect(messages).toEqual(['open', 'a', 'b']);
  });

  it('is that of the wire, also within one chunk', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const events = record(ws);
    raw.write(`01 81 ${MASK} 61 89 80 ${MASK} 80 81 ${MASK} 62 8a 80 ${MASK} 82 80 ${MASK} 88 80 ${MASK}`);
    await closed(ws);
    expect(events).toEqual(['ping', 'message', 'pong', 'message', 'close']);
  });

  it('answers a ping before the messages that its listener sends', async () => {
    const { ws, raw } = await connectRaw(implementation);
    ws.on('ping', () => ws.send('after'));
    raw.write(`89 81 ${MASK} 70`);
    expect(await raw.read(10)).toBe('8a017081056166746572');
  });

  it('lets a listener end it: no message is told of after terminate', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const messages: string[] = [];
    ws.on('message', (data) => {
      messages.push(String(data));
      ws.terminate();
    });
    raw.write(`81 81 ${MASK} 61`);
    await closed(ws);
    expect(messages).toEqual(['a']);
  });

  it('still hears messages after its own close, until the Close of the peer', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const events = record(ws);
    ws.close(1000);
    raw.write(`81 81 ${MASK} 61 88 82 ${MASK} 03 e8 81 81 ${MASK} 62`);
    expect(await closed(ws)).toEqual([1000, '']);
    expect(events).toEqual(['message', 'close']);
  });

  it('tells of an error once, and of nothing after close', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const events = record(ws);
    raw.write('81 00 81 00 81 00');
    raw.write('ff ff');
    await closed(ws);
    raw.socket.destroy();
    await tick();
    expect(events).toEqual(['error', 'close']);
  });

  it('carries messages as Buffer and boolean', async () => {
    const { client, peer } = await connect(implementation);
    const calls: unknown[][] = [];
    peer.on('message', (...args: unknown[]) => calls.push(args));
    client.send('t');
    client.send(Buffer.from('b'));
    client.close();
    await closed(peer);
    expect(calls).toEqual([
      [Buffer.from('t'), false],
      [Buffer.from('b'), true],
    ]);
    expect(calls.every(([data]) => Buffer.isBuffer(data))).toBe(true);
  });

  it('gives buffers that stay as they are', async () => {
    const { client, peer } = await connect(implementation);
    const kept: Buffer[] = [];
    peer.on('message', (data) => kept.push(data as Buffer));
    for (let i = 0; i < 200; i++) client.send(Buffer.alloc(500, i));
    client.close();
    await closed(peer);
    expect(kept.map((data) => data[0])).toEqual(Array.from({ length: 200 }, (_unused, i) => i));
    expect(kept.every((data, i) => data.every((byte) => byte === i))).toBe(true);
  });

  it('has the stream at hand as _socket', async () => {
    const { client, peer } = await connect(implementation);
    const sockets = [client, peer].map(
      (ws: WebSocket) => (ws as unknown as { _socket: { remoteAddress: string; unref(): void } })._socket,
    );
    expect(sockets.map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(sockets[0]!.unref).toBeTypeOf('function');
  });
});
