import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PerMessageDeflateOptions, WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import { answering, ask, closed, connect, connectRaw, dial, errorOf, listen, nextMessage } from './support.ts';

const OFFER = { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] };
const MASK = '00 00 00 00';

/** The frame of a compressed message from a client, RFC 7692 §7.2.1. */
function compressed(data: Buffer | string): string {
  const payload = deflateRawSync(data, { finishFlush: 2 }).subarray(0, -4);
  return `c1 ${(0x80 | payload.length).toString(16)} ${MASK} ${payload.toString('hex')}`;
}

/** The parameters of an answer, in no order. */
const parameters = (text?: string): string[] | undefined => text?.split('; ').toSorted();

describe.each(implementations)('permessage-deflate of %s', (_, implementation) => {
  it.each<[PerMessageDeflateOptions | boolean | undefined, string | undefined]>([
    [undefined, 'permessage-deflate; client_max_window_bits'],
    [true, 'permessage-deflate; client_max_window_bits'],
    [{}, 'permessage-deflate; client_max_window_bits'],
    [false, undefined],
    [null as never, undefined],
    [0 as never, undefined],
    [
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11,
      },
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11',
    ],
    [{ clientMaxWindowBits: true as never }, 'permessage-deflate; client_max_window_bits'],
  ])('offers with %j the header %j', async (perMessageDeflate, header) => {
    const { wss, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const ws = dial(implementation, url, [], perMessageDeflate === undefined ? {} : { perMessageDeflate });
    await once(ws, 'open');
    expect((await connection)[1].headers['sec-websocket-extensions']).toBe(header);
    expect(ws.extensions).toBe('');
  });

  it.each<[PerMessageDeflateOptions | boolean, string, string | undefined]>([
    [false, 'permessage-deflate', undefined],
    [true, 'permessage-deflate', 'permessage-deflate'],
    [true, 'foo, permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    [true, 'permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    [true, 'permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    [true, 'permessage-deflate; server_max_window_bits=12', 'permessage-deflate; server_max_window_bits=12'],
    [
      { clientMaxWindowBits: 8 },
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_max_window_bits=8',
    ],
    [{ serverMaxWindowBits: 9 }, 'permessage-deflate', 'permessage-deflate; server_max_window_bits=9'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
      'permessage-deflate',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    ],
    [
      { serverMaxWindowBits: 10 },
      'permessage-deflate; server_max_window_bits=9, permessage-deflate; server_max_window_bits=15',
      'permessage-deflate; server_max_window_bits=10',
    ],
    [true, 'permessage-deflate; server_max_window_bits="10"', 'permessage-deflate; server_max_window_bits=10'],
  ])('with %j answers the offer %j with %j', async (perMessageDeflate, offer, answer) => {
    const { port } = await listen(implementation, { perMessageDeflate });
    const { status, headers } = await ask(port, { 'Sec-WebSocket-Extensions': offer });
    expect(status).toBe(101);
    if (answer === 'permessage-deflate; server_max_window_bits=10' && offer.includes(',')) {
      // Either offer can be met.
      expect(headers['sec-websocket-extensions']).toMatch(/^permessage-deflate; server_max_window_bits=(9|10)$/);
    } else {
      expect(parameters(headers['sec-websocket-extensions'])).toEqual(parameters(answer));
    }
  });

  it.each(['permessage-deflate;', 'permessage-deflate; a=', ', ,', 'permessage-deflate; x="y'])(
    'answers the malformed offer %j with 400',
    async (offer) => {
      const { port } = await listen(implementation, { perMessageDeflate: true });
      expect((await ask(port, { 'Sec-WebSocket-Extensions': offer })).status).toBe(400);
    },
  );

  it.each<[string, PerMessageDeflateOptions, PerMessageDeflateOptions]>([
    ['as it is', { threshold: 0 }, { threshold: 0 }],
    [
      'without contexts',
      { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
      { threshold: 0 },
    ],
    ['with small windows', { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, { threshold: 0 }],
    ['with a low level', { threshold: 0, zlibDeflateOptions: { level: 1, memLevel: 4 } }, { threshold: 0 }],
  ])('carries messages of all sizes %s', async (_case, server, client) => {
    const pair = await connect(implementation, {
      server: { perMessageDeflate: server },
      client: { perMessageDeflate: client },
    });
    expect([pair.client.extensions, pair.peer.extensions]).toEqual(['permessage-deflate', 'permessage-deflate']);
    for (const [from, to] of [
      [pair.client, pair.peer],
      [pair.peer, pair.client],
    ] as const) {
      const sizes = [0, 1, 100, 5_000, 70_000, 300_000];
      const sent = sizes.map((size) => Buffer.alloc(size, 'the same words again and again, '));
      const received: Buffer[] = [];
      const done = new Promise<void>((resolve) => {
        to.on('message', (data) => {
          received.push(data as Buffer);
          if (received.length === sent.length) resolve();
        });
      });
      for (const data of sent) from.send(data);
      await done;
      expect(received.every((data, i) => data.equals(sent[i]!))).toBe(true);
    }
  });

  it('without a context compresses from the threshold on, by default 1024 bytes, and as send is told', async () => {
    const perMessageDeflate = { serverNoContextTakeover: true };
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate }, OFFER);
    ws.send('x'.repeat(1023));
    expect((await raw.read(4 + 1023)).slice(0, 8)).toBe('817e03ff');
    ws.send('x'.repeat(1024), { compress: false });
    expect((await raw.read(4 + 1024)).slice(0, 8)).toBe('817e0400');
    ws.send('x'.repeat(1024));
    const head = await raw.read(2);
    expect(head.slice(0, 2)).toBe('c1');
    const length = Number.parseInt(head.slice(2), 16);
    expect(length).toBeLessThan(60);
    await raw.read(length);
    ws.ping('x'.repeat(125));
    expect((await raw.read(127)).slice(0, 4)).toBe('897d');
  });

  it('with a context compresses small messages too', async () => {
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate: true }, OFFER);
    const lengths: number[] = [];
    for (let i = 0; i < 2; i++) {
      ws.send('the same words in each message');
      const head = await raw.read(2);
      expect(head.slice(0, 2)).toBe('c1');
      lengths.push(Number.parseInt(head.slice(2), 16));
      await raw.read(lengths.at(-1)!);
    }
    expect(lengths[1]).toBeLessThan(lengths[0]! / 2);
  });

  it('compresses a fragmented message as a whole, with RSV1 on its first frame', async () => {
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate: { threshold: 0 } }, OFFER);
    ws.send('one', { fin: false });
    const first = await raw.read(2);
    expect(first.slice(0, 2)).toBe('41');
    await raw.read(Number.parseInt(first.slice(2), 16));
    ws.send('two', { fin: true });
    expect((await raw.read(2)).slice(0, 2)).toBe('80');
  });

  it('keeps the order of messages, control frames and Close', async () => {
    const { client, peer } = await connect(implementation, {
      server: { perMessageDeflate: { threshold: 0 } },
      client: { perMessageDeflate: { threshold: 0 } },
    });
    const heard: string[] = [];
    peer.on('message', (data) => heard.push(String((data as Buffer).length)));
    peer.on('ping', (data) => heard.push(String(data)));
    client.send(Buffer.alloc(200_000));
    client.send('ab');
    client.ping('ping');
    client.send(Buffer.alloc(100_000), { compress: false });
    client.send(new Blob(['xyz']));
    client.send('');
    client.close(1000);
    expect(await closed(peer)).toEqual([1000, '']);
    expect(heard).toEqual(['200000', '2', 'ping', '100000', '3', '0']);
  });

  it('reads a compressed message, also in fragments', async () => {
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate: true }, OFFER);
    const message = nextMessage(ws);
    raw.write(compressed('Hello, Hello, Hello'));
    expect((await message).data.toString()).toBe('Hello, Hello, Hello');
    const next = nextMessage(ws);
    // RFC 7692 §7.2.3.1: "Hello" in two fragments.
    raw.write(`41 83 ${MASK} f2 48 cd 80 84 ${MASK} c9 c9 07 00`);
    expect((await next).data.toString()).toBe('Hello');
  });

  it('ends a bomb at maxPayload: Close 1009', async () => {
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate: true, maxPayload: 10_000 }, OFFER);
    const error = errorOf(ws);
    raw.write(compressed(Buffer.alloc(20_000)));
    expect(await error).toMatchObject({
      message: 'Max payload size exceeded',
      code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    });
    expect(await raw.readAll()).toBe('880203f1');
  });

  it('ends a stream that is broken: error of zlib, Close 1007', async () => {
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate: true }, OFFER);
    const error = errorOf(ws);
    raw.write(`c1 85 ${MASK} ff ff ff ff ff`);
    expect(await error).toMatchObject({ code: 'Z_DATA_ERROR', errno: -3 });
    expect(await raw.readAll()).toBe('880203ef');
  });

  it.each([
    ['RSV1 on a continuation', `41 80 ${MASK} c0 80 ${MASK}`],
    ['RSV1 on a ping', `c9 80 ${MASK}`],
  ])('refuses %s', async (_case, bytes) => {
    const { ws, raw } = await connectRaw(implementation, { perMessageDeflate: true }, OFFER);
    const error = errorOf(ws);
    raw.write(bytes);
    expect(await error).toMatchObject({ code: 'WS_ERR_UNEXPECTED_RSV_1' });
    expect(await raw.readAll()).toBe('880203ea');
  });

  it('ends at once by terminate while it compresses, and tells the callbacks', async () => {
    const { client, peer } = await connect(implementation, {
      server: { perMessageDeflate: true },
      client: { perMessageDeflate: { threshold: 0 } },
    });
    const errors: unknown[] = [];
    const called = new Promise<void>((resolve) => {
      client.send(Buffer.alloc(2_000_000), (error) => errors.push(error));
      client.send('next', (error) => {
        errors.push(error);
        resolve();
      });
    });
    expect(client.bufferedAmount).toBeGreaterThan(0);
    client.terminate();
    expect(await closed(peer)).toEqual([1006, '']);
    await called;
    expect(errors.every((error) => error instanceof Error)).toBe(true);
  });

  it('does not accept an answer that breaks the rules', async () => {
    const url = await answering(
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: {accept}',
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16',
    );
    const ws = dial(implementation, url);
    expect((await errorOf(ws)).message).toBe('Invalid Sec-WebSocket-Extensions header');
  });
});
