import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { implementations } from './implementations.ts';
import {
  answering,
  closed,
  connect,
  connectRaw,
  connectToRaw,
  dial,
  listen,
  listenOn,
  nextMessage,
  record,
  sleep,
  tick,
} from './support.ts';

describe.each(implementations)('closing with %s', (_, implementation) => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])(
    'says %d to the peer and hears it back, from either end',
    async (code) => {
      for (const from of ['client', 'peer'] as const) {
        const pair = await connect(implementation);
        const ends = Promise.all([closed(pair.client), closed(pair.peer)]);
        pair[from].close(code, 'why ✓');
        expect(pair[from].readyState).toBe(2);
        expect(await ends).toEqual([
          [code, 'why ✓'],
          [code, 'why ✓'],
        ]);
        expect([pair.client.readyState, pair.peer.readyState]).toEqual([3, 3]);
      }
    },
  );

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 70_000, Number.NaN, '1000', null, {}])(
    'throws a TypeError for the code %j and stays open',
    async (code) => {
      const { client, peer } = await connect(implementation);
      expect(() => client.close(code as number)).toThrow(
        new TypeError('First argument must be a valid error code number'),
      );
      expect(client.readyState).toBe(1);
      const message = nextMessage(peer);
      client.send('still here');
      expect((await message).data.toString()).toBe('still here');
    },
  );

  it('takes a reason of 123 bytes, and throws a RangeError for more', async () => {
    const { client, peer } = await connect(implementation);
    for (const reason of ['x'.repeat(124), 'é'.repeat(62), Buffer.alloc(124)]) {
      expect(() => client.close(1000, reason)).toThrow(
        new RangeError('The message must not be greater than 123 bytes'),
      );
      expect(client.readyState).toBe(1);
    }
    const end = closed(peer);
    client.close(1000, 'x'.repeat(123));
    expect(await end).toEqual([1000, 'x'.repeat(123)]);
  });

  it('throws a TypeError for a reason that is no text and no bytes', async () => {
    const { client } = await connect(implementation);
    for (const reason of [['x'], { length: 3 }, new Uint16Array(2)]) {
      expect(() => client.close(1000, reason as never)).toThrow(TypeError);
      expect(client.readyState).toBe(1);
    }
  });

  it.each([
    ['a Buffer', Buffer.from('reason')],
    ['a Uint8Array', new TextEncoder().encode('reason')],
  ])('takes %s for the reason, and reports a Buffer', async (_case, reason) => {
    const { client, peer } = await connect(implementation);
    const end = once(peer, 'close') as Promise<[number, Buffer]>;
    client.close(3001, reason as Buffer);
    const [code, reported] = await end;
    expect(code).toBe(3001);
    expect(Buffer.isBuffer(reported) && reported.toString()).toBe('reason');
  });

  it('without a code sends an empty frame, which the peer sees as 1005 and answers empty', async () => {
    const { client, peer } = await connect(implementation);
    const ends = Promise.all([closed(client), closed(peer)]);
    client.close();
    expect(await ends).toEqual([
      [1005, ''],
      [1005, ''],
    ]);

    const server = await connectRaw(implementation);
    server.ws.close();
    expect(await server.raw.read(2)).toBe('8800');

    const answers = await connectRaw(implementation);
    answers.raw.write('88 80 00 00 00 00');
    expect(await answers.raw.readAll()).toBe('8800');

    const dialled = await connectToRaw(implementation);
    dialled.ws.close();
    expect((await dialled.raw.read(6)).slice(0, 4)).toBe('8880');
  });

  it('answers a Close with its code and reason, and tells of the code it received', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const end = closed(ws);
    raw.write('88 84 00 00 00 00 03 e9 68 69');
    expect(await raw.readAll()).toBe('880403e96869');
    expect(await end).toEqual([1001, 'hi']);
  });

  it('tells of the code in the answer, not of the one it sent', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const end = closed(ws);
    ws.close(1000, 'mine');
    expect(await raw.read(8)).toBe('880603e86d696e65');
    raw.write('88 82 00 00 00 00 0f a0');
    expect(await end).toEqual([4000, '']);
  });

  it('ends its side of the transport first as a server; the client waits for that', async () => {
    const { ws, raw } = await connectToRaw(implementation);
    const end = closed(ws);
    ws.close(1000);
    await raw.read(8);
    raw.write('88 02 03 e8');
    await sleep(50);
    expect(ws.readyState).toBe(2);
    raw.socket.end();
    expect(await end).toEqual([1000, '']);
  });

  it('may be called again and again', async () => {
    const { client, peer } = await connect(implementation);
    const end = closed(peer);
    client.close(1000, 'first');
    client.close(1001, 'second');
    client.close(0);
    expect(await end).toEqual([1000, 'first']);
    await (client.readyState === 3 ? undefined : closed(client));
    client.close(1001);
    client.terminate();
    expect(client.readyState).toBe(3);
  });

  it('delivers first what was sent before', async () => {
    const { client, peer } = await connect(implementation);
    let received = 0;
    peer.on('message', (data) => (received += (data as Buffer).length));
    for (let i = 0; i < 20; i++) client.send(Buffer.alloc(1 << 18));
    client.close(1000);
    expect(await closed(peer)).toEqual([1000, '']);
    expect(received).toBe(20 << 18);
  });

  it.each(['client', 'server'] as const)('gives up on a silent peer after closeTimeout of the %s', async (side) => {
    const { ws, raw } =
      side === 'client'
        ? await connectToRaw(implementation, { closeTimeout: 50 } as never)
        : await connectRaw(implementation, { closeTimeout: 50 } as never);
    const start = performance.now();
    ws.close(1000);
    expect(await closed(ws)).toEqual([1006, '']);
    expect(performance.now() - start).toBeGreaterThan(40);
    expect(performance.now() - start).toBeLessThan(5_000);
    raw.socket.destroy();
  });

  it('reports 1006 when the transport ends without a Close', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const events = record(ws);
    raw.socket.end();
    expect(await closed(ws)).toEqual([1006, '']);
    expect(events).toEqual(['close']);
  });

  it('reports 1006 when the transport is reset', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const events = record(ws);
    (raw.socket as { resetAndDestroy?(): void }).resetAndDestroy!();
    expect(await closed(ws)).toEqual([1006, '']);
    expect(events).toEqual(['close']);
  });

  it('delivers what arrived before the transport ended', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const message = nextMessage(ws);
    const end = closed(ws);
    raw.write('81 81 00 00 00 00 61 81');
    raw.socket.end();
    expect((await message).data.toString()).toBe('a');
    expect(await end).toEqual([1006, '']);
  });
});

describe.each(implementations)('terminating with %s', (_, implementation) => {
  it('ends at once: 1006 on both sides', async () => {
    const { client, peer } = await connect(implementation);
    const ends = Promise.all([closed(client), closed(peer)]);
    client.terminate();
    expect(client.readyState).toBe(2);
    expect(await ends).toEqual([
      [1006, ''],
      [1006, ''],
    ]);
    client.terminate();
    expect(client.readyState).toBe(3);
  });

  it('lets what was sent just before reach the peer', async () => {
    const { client, peer } = await connect(implementation);
    const heard: string[] = [];
    client.on('message', (data) => heard.push(String(data)));
    const end = closed(client);
    const sent = new Promise((resolve) => peer.send('you are not welcome', resolve));
    peer.terminate();
    expect(peer.readyState).toBe(2);
    expect(await sent).toBeFalsy();
    expect(await end).toEqual([1006, '']);
    expect(heard).toEqual(['you are not welcome']);
  });

  it('lets a Close just before reach the peer', async () => {
    const { client, peer } = await connect(implementation);
    const end = closed(client);
    peer.close(4001, 'out');
    peer.terminate();
    expect(await end).toEqual([4001, 'out']);
  });

  it('works while closing', async () => {
    const { ws } = await connectRaw(implementation);
    ws.close();
    ws.terminate();
    expect(await closed(ws)).toEqual([1006, '']);
  });
});

describe.each(implementations)('closing before the connection with %s', (_, implementation) => {
  const message = 'WebSocket was closed before the connection was established';

  it.each(['close', 'terminate'] as const)("%s gives 'error', then 'close' 1006, later", async (method) => {
    const { url } = await listen(implementation);
    const ws = dial(implementation, url);
    const events = record(ws);
    const error = new Promise<Error>((resolve) => ws.once('error', resolve));
    ws[method]();
    expect([ws.readyState, events]).toEqual([2, []]);
    const end = closed(ws);
    expect(await error).toEqual(new Error(message));
    expect(await end).toEqual([1006, '']);
    expect(events).toEqual(['error', 'close']);
    ws[method]();
    await tick();
    expect(events).toEqual(['error', 'close']);
  });

  it('ignores the arguments of close', async () => {
    const { url } = await listen(implementation);
    const ws = dial(implementation, url);
    ws.on('error', () => {});
    ws.close(1000, 'reason');
    expect(await closed(ws)).toEqual([1006, '']);
  });

  it.each(['close', 'terminate'] as const)("%s in a listener of 'upgrade'", async (method) => {
    const { url } = await listen(implementation);
    const ws = dial(implementation, url);
    const events = record(ws);
    ws.on('upgrade', () => ws[method]());
    const error = new Promise<Error>((resolve) => ws.once('error', resolve));
    expect(await closed(ws)).toEqual([1006, '']);
    expect(await error).toEqual(new Error(message));
    expect(events).toEqual(['upgrade', 'error', 'close']);
  });

  it.each(['close', 'terminate'] as const)("%s in a listener of 'unexpected-response'", async (method) => {
    const ws = dial(implementation, await answering('HTTP/1.1 401 Unauthorized', 'Content-Length: 0'));
    const events = record(ws);
    ws.on('unexpected-response', () => ws[method]());
    const error = new Promise<Error>((resolve) => ws.once('error', resolve));
    expect(await closed(ws)).toEqual([1006, '']);
    expect(await error).toEqual(new Error(message));
    expect(events).toEqual(['error', 'close']);
  });

  it.each(['close', 'terminate'] as const)("%s in a listener of 'redirect'", async (method) => {
    const server = createServer((_request, response) => response.writeHead(302, { Location: '/again' }).end());
    server.on('upgrade', (_request, socket) =>
      socket.end('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'),
    );
    const ws = dial(implementation, `ws://127.0.0.1:${await listenOn(server)}/`, [], { followRedirects: true });
    const events = record(ws);
    ws.on('redirect', () => ws[method]());
    expect(await closed(ws)).toEqual([1006, '']);
    expect(events).toEqual(['redirect', 'error', 'close']);
  });

  it.each(['close', 'terminate'] as const)("%s in a listener of 'error' does nothing more", async (method) => {
    const ws = dial(implementation, 'ws://127.0.0.1:1/');
    const events = record(ws);
    ws.on('error', () => ws[method]());
    expect(await closed(ws)).toEqual([1006, '']);
    expect(events).toEqual(['error', 'close']);
  });
});

describe.each(implementations)('pausing with %s', (_, implementation) => {
  it('stops messages until it is resumed', async () => {
    const { client, peer } = await connect(implementation);
    const received: string[] = [];
    client.on('message', (data) => received.push(String(data)));
    client.pause();
    expect(client.isPaused).toBe(true);
    peer.send('one');
    peer.send('two');
    await sleep(50);
    expect(received).toEqual([]);
    client.resume();
    expect(client.isPaused).toBe(false);
    await nextMessage(client);
    await tick();
    expect(received).toEqual(['one', 'two']);
  });

  it('does nothing before and after the connection', async () => {
    const { url } = await listen(implementation);
    const ws = dial(implementation, url);
    ws.pause();
    expect(ws.isPaused).toBe(false);
    ws.resume();
    await once(ws, 'open');
    const end = closed(ws);
    ws.close();
    await end;
    ws.pause();
    expect(ws.isPaused).toBe(false);
    ws.resume();
  });

  it('can be undone while closing, and then hears the end', async () => {
    const { client, peer } = await connect(implementation);
    client.pause();
    peer.send('waiting');
    peer.close(1000);
    await sleep(30);
    const message = nextMessage(client);
    const end = closed(client);
    client.resume();
    expect((await message).data.toString()).toBe('waiting');
    expect(await end).toEqual([1000, '']);
  });
});
