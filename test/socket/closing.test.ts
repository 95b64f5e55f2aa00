import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocketClient } from '../../src/index.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { frame } from '../support/wire.ts';
import {
  cleanUp,
  closed,
  dial,
  duplexPair,
  listen,
  masked,
  openPair,
  RawPeer,
  sleep,
  started,
  until,
  upgradeRequest,
} from './support.ts';
import net from 'node:net';
import { encodeAccept } from '../../src/protocol/accept.ts';

const CLOSE_TIMEOUT = 300;
const NORMAL = Buffer.from([0x03, 0xe8]);

/** One end of ours, and a peer on TCP that does as it likes, in either role. */
interface Ends {
  readonly ws: WebSocket;
  readonly peer: RawPeer;
  /** A frame of the peer's. */
  send(opcode: number, payload?: string | Uint8Array, fin?: boolean): void;
}

async function asServer(options: ServerOptions = {}): Promise<Ends> {
  const { wss, port } = await listen(options);
  const connection = once(wss, 'connection') as Promise<[WebSocket]>;
  const peer = await RawPeer.upgrade(port, { allowHalfOpen: true }, upgradeRequest());
  const [ws] = await connection;
  return { ws, peer, send: (opcode, payload = '', fin = true) => peer.write(masked(opcode, payload, fin)) };
}

async function asClient(options: ClientOptions = {}): Promise<Ends> {
  const server = await started(net.createServer({ allowHalfOpen: true }));
  const ws = dial(`ws://127.0.0.1:${(server.address() as net.AddressInfo).port}/`, {
    perMessageDeflate: false,
    ...options,
  });
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const peer = new RawPeer(socket);
  await until(() => peer.text.includes('\r\n\r\n'));
  const key = /Sec-WebSocket-Key: (.*)\r/.exec(peer.text)![1]!;
  peer.received = Buffer.alloc(0);
  peer.write(
    `HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${encodeAccept(key)}\r\n\r\n`,
  );
  await once(ws, 'open');
  return {
    ws,
    peer,
    send: (opcode, payload = '', fin = true) => peer.write(frame({ opcode, payload: Buffer.from(payload), fin })),
  };
}

const roles = [
  ['server', asServer],
  ['client', asClient],
] as const;

describe.each(roles)('as a %s, the closing handshake', (role, open) => {
  it('is started here, answered there, and ends with the code of both', async () => {
    const { ws, peer, send } = await open();
    ws.send('before');
    ws.close(4001, 'done');
    expect(ws.readyState).toBe(2);
    await until(() => peer.received.length > 0);
    if (role === 'server') expect(peer.received.toString('hex')).toBe('81066265666f726588060fa1646f6e65');
    send(8, Buffer.from([0x0f, 0xa1]));
    if (role === 'server') await until(() => peer.ended);
    else {
      await sleep(30);
      expect(peer.ended, 'the server ends TCP, §7.1.1').toBe(false);
    }
    peer.socket.end();
    expect(await closed(ws)).toEqual({ code: 4001, reason: '' });
    expect(ws.closeInfo).toMatchObject({ clean: true, initiator: 'local', cause: undefined });
  });

  it('is started there and answered here, with what was sent before', async () => {
    const { ws, peer, send } = await open();
    ws.on('message', () => ws.send('answer'));
    send(1, 'question');
    send(8, Buffer.concat([NORMAL, Buffer.from('bye')]));
    send(1, 'after the close');
    const closing = closed(ws);
    await until(() => peer.received.length > 0);
    peer.socket.end();
    expect(await closing).toEqual({ code: 1000, reason: 'bye' });
    expect(ws.closeInfo).toMatchObject({ clean: true, initiator: 'peer' });
  });

  it('may be started by both at once', async () => {
    const { ws, peer, send } = await open();
    ws.close(1001);
    send(8, NORMAL);
    const closing = closed(ws);
    await until(() => peer.received.length > 0);
    peer.socket.end();
    expect(await closing).toMatchObject({ code: 1000 });
  });

  it('without a code is 1005, and answered without one', async () => {
    const { ws, peer, send } = await open();
    send(8);
    await until(() => peer.received.length >= 2);
    if (role === 'server') expect(peer.received.toString('hex')).toBe('8800');
    peer.socket.end();
    expect(await closed(ws)).toMatchObject({ code: 1005 });
  });

  it('TCP that ends without it is 1006', async () => {
    const { ws, peer } = await open();
    peer.socket.end();
    expect(await closed(ws)).toMatchObject({ code: 1006 });
    expect(ws.closeInfo).toMatchObject({ clean: false, initiator: undefined, cause: undefined });
  });

  it('a reset is 1006, its cause is told, and no error is emitted', async () => {
    const { ws, peer } = await open();
    ws.on('error', () => expect.unreachable());
    peer.socket.resetAndDestroy();
    expect(await closed(ws)).toMatchObject({ code: 1006 });
    expect(ws.closeInfo.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('a bad code throws, and the connection stays open', async () => {
    const { ws, peer } = await open();
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, NaN]) {
      expect(() => ws.close(code), String(code)).toThrow(TypeError);
    }
    expect(() => ws.close(1000, 'x'.repeat(124))).toThrow(RangeError);
    expect(ws.readyState).toBe(1);
    peer.socket.destroy();
    await closed(ws);
  });

  it('nothing that is sent after it leaves', async () => {
    const { ws, peer, send } = await open();
    ws.close();
    const results: unknown[] = [];
    expect(ws.send('late', (error) => results.push(error?.message))).toBe(false);
    ws.ping('late', undefined, (error) => results.push(error?.message));
    send(9, 'ping after the close');
    await until(() => results.length >= 2 && peer.received.length > 0);
    await sleep(20);
    expect(results).toEqual(Array.from({ length: 2 }, () => 'WebSocket is not open: readyState 2 (CLOSING)'));
    expect(peer.received.length).toBe(role === 'server' ? 2 : 6);
    peer.socket.destroy();
    await closed(ws);
  });
});

describe.each(roles)('as a %s, a close that stalls ends TCP in time', (role, open) => {
  const stalls: [string, (ends: Ends) => unknown, number?][] = [
    ['the peer is silent', ({ ws }) => ws.close()],
    [
      'the peer keeps sending',
      ({ ws, peer, send }) => {
        const flood = setInterval(() => peer.socket.writable && send(2, Buffer.alloc(10_000)), 5);
        cleanUp(() => clearInterval(flood));
        ws.close();
      },
    ],
    ['the peer sends Close, but never ends TCP', ({ send }) => send(8, NORMAL), 1000],
    [
      'the reader is paused',
      ({ ws, send }) => {
        ws.pause();
        send(1, 'unread');
        send(8, NORMAL);
        ws.close();
      },
    ],
    [
      'the peer does not read, and the buffers are full',
      ({ ws, peer }) => {
        peer.socket.pause();
        ws.send(Buffer.alloc(16 << 20));
        ws.close();
      },
    ],
    [
      'the peer ends its side only, and does not read',
      ({ ws, peer }) => {
        peer.socket.pause();
        ws.send(Buffer.alloc(16 << 20));
        peer.socket.end();
      },
    ],
    [
      'the peer is in the middle of a message',
      ({ ws, send }) => {
        send(1, 'a part', false);
        ws.close();
      },
    ],
    [
      'the peer is in the middle of a frame',
      ({ ws, peer }) => {
        peer.write(role === 'server' ? masked(1, 'x'.repeat(100)).subarray(0, 50) : Buffer.from('817e0fff78', 'hex'));
        ws.close();
      },
    ],
    [
      'the peer broke the protocol, and never ends TCP',
      ({ ws, send }) => {
        ws.on('error', () => {});
        send(3);
      },
    ],
  ];

  it.each(stalls)('%s', async (_, stall, code) => {
    const ends = await open({ closeTimeout: CLOSE_TIMEOUT });
    const closes: number[] = [];
    ends.ws.on('close', (reported) => closes.push(reported));
    const startedAt = Date.now();
    await stall(ends);
    await until(() => closes.length > 0, "'close'");
    expect(Date.now() - startedAt).toBeLessThan(CLOSE_TIMEOUT + 3_000);
    expect(ends.ws._socket!.destroyed).toBe(true);
    expect(ends.ws.readyState).toBe(3);
    if (code !== undefined) expect(closes).toEqual([code]);
    await sleep(10);
    expect(closes).toHaveLength(1);
  });
});

describe('terminate', () => {
  it('ends TCP at once, with 1006 on both sides', async () => {
    const { client, server } = await openPair();
    const other = closed(client);
    server.terminate();
    expect(server.readyState).toBe(2);
    expect(await closed(server)).toMatchObject({ code: 1006 });
    expect(await other).toMatchObject({ code: 1006 });
    server.terminate();
    server.close();
    expect(server.readyState).toBe(3);
  });

  it('ends also a stream that throws when it is written to', async () => {
    const [near] = duplexPair();
    const ws = new WebSocketClient(null);
    ws.setSocket(near, Buffer.alloc(0));
    near.write = () => {
      throw new Error('mine');
    };
    ws.send('a last word');
    expect(() => ws.terminate()).toThrow('mine');
    expect(near.destroyed).toBe(true);
    expect(await closed(ws)).toMatchObject({ code: 1006 });
  });

  it('does not wait for a close that is under way', async () => {
    const { ws } = await asServer();
    ws.close();
    ws.terminate();
    expect(await closed(ws)).toMatchObject({ code: 1006 });
  });

  it('from a listener keeps what is behind its message from being delivered', async () => {
    const { ws, peer } = await asServer();
    const messages: string[] = [];
    ws.on('message', (data) => {
      messages.push(String(data));
      ws.terminate();
    });
    peer.write(Buffer.concat([masked(1, 'one'), masked(1, 'two')]));
    await closed(ws);
    expect(messages).toEqual(['one']);
  });
});
