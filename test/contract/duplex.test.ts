import { once } from 'node:events';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import { closed, connect, connectRaw, dial, listen, nextMessage, sleep } from './support.ts';

describe.each(implementations)('createWebSocketStream of %s', (_, implementation) => {
  const { createWebSocketStream } = implementation;

  it('is a Duplex that carries bytes both ways, and ends without a code', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client);
    expect(stream).toBeInstanceOf(Duplex);
    const sent = randomBytes(300_000);
    const received: Buffer[] = [];
    peer.on('message', (data, isBinary) => {
      expect(isBinary).toBe(true);
      received.push(data as Buffer);
    });
    const end = closed(peer);
    peer.send('from the peer');
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('from the peer');
    for (let i = 0; i < sent.length; i += 50_000) stream.write(sent.subarray(i, i + 50_000));
    stream.end();
    expect(await end).toEqual([1005, '']);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('is emptied to the last byte when the peer closes', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client);
    const sent = randomBytes(1 << 20);
    for (let i = 0; i < sent.length; i += 1 << 14) peer.send(sent.subarray(i, i + (1 << 14)));
    peer.close();
    const received: Buffer[] = [];
    for await (const chunk of stream) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    const close = once(stream, 'close');
    stream.end();
    await close;
    expect(stream.destroyed).toBe(true);
  });

  it('passes through a pipeline, echoed', async () => {
    const { client, peer } = await connect(implementation);
    const serverStream = createWebSocketStream(peer);
    serverStream.pipe(serverStream);
    const stream = createWebSocketStream(client);
    const sent = randomBytes(500_000);
    const received: Buffer[] = [];
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      received.push(chunk);
      length += chunk.length;
      if (length === sent.length) stream.end();
    });
    const end = once(stream, 'close');
    stream.write(sent);
    await end;
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('keeps what is written before the connection is open', async () => {
    const { wss, url } = await listen(implementation);
    const messages: string[] = [];
    const ended = new Promise<void>((resolve) => {
      wss.on('connection', (ws) => {
        ws.on('message', (data) => messages.push(String(data)));
        ws.on('close', () => resolve());
      });
    });
    const stream = createWebSocketStream(dial(implementation, url));
    stream.resume();
    stream.write('one');
    stream.end('two');
    await ended;
    expect(messages).toEqual(['one', 'two']);
  });

  it('may be ended before the connection is open', async () => {
    const { url } = await listen(implementation);
    const ws = dial(implementation, url);
    const stream = createWebSocketStream(ws);
    stream.resume();
    const end = once(stream, 'close');
    stream.end();
    await end;
    expect(ws.readyState).toBe(3);
  });

  it('gives strings for text with readableObjectMode', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client, { readableObjectMode: true });
    const chunks: unknown[] = [];
    peer.send('text');
    peer.send(Buffer.from('bytes'));
    peer.close();
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toEqual(['text', Buffer.from('bytes')]);
  });

  it('takes an encoding', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client, { encoding: 'hex' });
    peer.send(Buffer.from([0xab]));
    expect(await once(stream, 'data')).toEqual(['ab']);
  });

  it.each(['before', 'after'])('terminates the socket when it is destroyed %s it is open', async (when) => {
    const { url } = await listen(implementation);
    const ws = dial(implementation, url);
    ws.on('error', () => {});
    if (when === 'after') await once(ws, 'open');
    const stream = createWebSocketStream(ws);
    const errors: Error[] = [];
    stream.on('error', (error) => errors.push(error));
    const end = Promise.all([closed(ws), once(stream, 'close').catch(() => {})]);
    stream.destroy();
    expect((await end)[0]).toEqual([1006, '']);
    expect(stream.destroyed).toBe(true);
  });

  it('destroyed with an error tells of that', async () => {
    const { client } = await connect(implementation);
    const stream = createWebSocketStream(client);
    const end = closed(client);
    const error = once(stream, 'error') as Promise<[Error]>;
    stream.destroy(new Error('mine'));
    expect((await error)[0].message).toBe('mine');
    expect(await end).toEqual([1006, '']);
  });

  it('tells of errors of the socket', async () => {
    const ws = dial(implementation, 'ws://127.0.0.1:1/');
    const stream = createWebSocketStream(ws);
    const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');

    const { ws: other, raw } = await connectRaw(implementation);
    const otherStream = createWebSocketStream(other);
    const fault = once(otherStream, 'error') as Promise<[NodeJS.ErrnoException]>;
    raw.write('85 80 00 00 00 00');
    expect((await fault)[0].code).toBe('WS_ERR_INVALID_OPCODE');
    expect(await raw.readAll()).toBe('880203ea');
  });

  it('fails to write when the socket is closed', async () => {
    const { client } = await connect(implementation);
    const stream = createWebSocketStream(client);
    const end = closed(client);
    client.close();
    await end;
    const error = once(stream, 'error') as Promise<[Error]>;
    stream.write('too late');
    expect((await error)[0].message).toBe('WebSocket is not open: readyState 3 (CLOSED)');
  });

  it('holds the socket while nobody reads', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client);
    const chunk = Buffer.alloc(1 << 16);
    let sent = 0;
    const timer = setInterval(() => {
      if (peer.bufferedAmount < 1 << 20) {
        peer.send(chunk);
        sent += chunk.length;
      }
    }, 1);
    onTestFinished(() => clearInterval(timer));
    while (!client.isPaused) await sleep(5);
    await sleep(100);
    expect(client.isPaused).toBe(true);
    expect(stream.readableLength).toBeLessThan(1 << 20);
    let length = 0;
    stream.on('data', (data: Buffer) => (length += data.length));
    clearInterval(timer);
    peer.close();
    await once(stream, 'end');
    expect(length).toBe(sent);
  });

  it('reads a socket that is closing already', async () => {
    const { client, peer } = await connect(implementation);
    client.pause();
    peer.send('last');
    peer.close();
    await sleep(20);
    const stream = createWebSocketStream(client);
    client.close();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('last');
  });

  it('works on whatever looks like a socket', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client);
    const through = new PassThrough();
    const message = nextMessage(peer);
    void pipeline(Readable.from(['a']), through, stream).catch(() => {});
    stream.resume();
    expect((await message).data.toString()).toBe('a');
  });

  it('does not end by half unless told', async () => {
    const { client, peer } = await connect(implementation);
    const stream = createWebSocketStream(client, { allowHalfOpen: false });
    const end = once(stream, 'close');
    stream.resume();
    peer.close();
    await end;
    expect((client as WebSocket).readyState).toBe(3);
  });
});
