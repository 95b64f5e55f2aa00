import { createHash } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocketServer } from '../../src/index.ts';
import { encodeAccept } from '../../src/protocol/accept.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { cleanUp, closed, dial, head, listen, portOf, sleep, started, until } from '../socket/support.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';
import { selfSignedCertificate } from '../support/tls.ts';
import { frame } from '../support/wire.ts';

/** The same socket, read by 'data' into memory of its own. */
const readApart = ((options: net.NetConnectOpts) => net.connect(options)) as NonNullable<
  ClientOptions['createConnection']
>;
const paths: readonly (readonly [string, ClientOptions])[] = [
  ['the shared memory', {}],
  ['memory of its own', { createConnection: readApart }],
];

const hash = (data: Uint8Array | string): string => createHash('sha1').update(data).digest('hex');

/** Bytes that no two messages share. */
function payloadOf(index: number, size: number): Buffer {
  const payload = Buffer.alloc(size, `${index} `);
  if (size > 0) payload[size - 1] = 0x30 + (index % 10);
  return payload;
}

const SIZES = [0, 1, 10, 125, 126, 1000, 4096, 16_384, 30_000, 65_535, 65_536, 65_546, 200_000, 1_048_576];

/** A server whose connections are sent messages of all sizes, many times, half of them text. */
async function flooding(options: object = {}): Promise<{ url: string; hashes: string[] }> {
  const { wss, url } = await listen(options);
  const payloads = Array.from({ length: 6 * SIZES.length }, (_, i) => payloadOf(i, SIZES[(i * 5) % SIZES.length]!));
  wss.on('connection', (ws) => {
    for (const [i, payload] of payloads.entries()) ws.send(payload, { binary: i % 2 === 0 });
    ws.close();
  });
  return { url, hashes: payloads.map(hash) };
}

/** A server that answers the handshake, and sends what it is told in the pieces it is told. */
async function scripted(write: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    socket.setNoDelay().on('error', () => {});
    socket.once('data', (request) => {
      const key = /^sec-websocket-key: (.*)\r$/im.exec(request.toString())![1]!;
      const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${encodeAccept(key)}`];
      socket.write(head(['HTTP/1.1 101 Switching Protocols', ...lines]));
      write(socket);
    });
  });
  await started(server);
  return `ws://127.0.0.1:${portOf(server)}/`;
}

describe.each([
  ...paths.map(([way, path]) => [way, path, () => {}] as const),
  ['the memory of the kernel', {}, makeKernel] as const,
])('a client that reads into %s', (_way, path, prepare) => {
  beforeAll(prepare);

  it('gives Buffers that stay as they are while more arrives', async () => {
    const { url, hashes } = await flooding();
    const kept: Buffer[] = [];
    const ws = dial(url, path);
    ws.on('message', (data: Buffer) => kept.push(data));
    await closed(ws);
    expect(kept.map(hash)).toEqual(hashes);
  });

  it.each(['arraybuffer', 'blob', 'fragments'] as const)('gives %s that stay as they are', async (type) => {
    const { url, hashes } = await flooding();
    const kept: unknown[] = [];
    const ws = dial(url, path);
    ws.binaryType = type;
    ws.onmessage = ({ data }) => kept.push(data);
    await closed(ws);
    const got = kept.map(async (data) => {
      if (typeof data === 'string') return hash(data);
      if (data instanceof Blob) return hash(new Uint8Array(await data.arrayBuffer()));
      return hash(data instanceof ArrayBuffer ? new Uint8Array(data) : Buffer.concat(data as Buffer[]));
    });
    expect(await Promise.all(got)).toEqual(hashes);
  });

  it('gives compressed messages as they were', async () => {
    const { url, hashes } = await flooding({ perMessageDeflate: { threshold: 0 } });
    const kept: (Buffer | string)[] = [];
    const ws = dial(url, path);
    ws.onmessage = ({ data }) => kept.push(data as Buffer | string);
    await closed(ws);
    expect(ws.extensions).toBe('permessage-deflate');
    expect(kept.map(hash)).toEqual(hashes);
  });

  it('goes on where it was paused, in the middle of a read or not', async () => {
    const { url, hashes } = await flooding();
    const kept: (Buffer | string)[] = [];
    const ws = dial(url, path);
    ws.onmessage = ({ data }) => {
      kept.push(data as Buffer | string);
      if (kept.length % 7 !== 0) return;
      ws.pause();
      const { length } = kept;
      setTimeout(() => {
        expect(kept.length).toBe(length);
        ws.resume();
      }, 2);
    };
    await closed(ws);
    expect(kept.map(hash)).toEqual(hashes);
  });

  it('reads nothing more while it is paused: the peer is slowed down', async () => {
    const { wss, url } = await listen();
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const ws = dial(url, path);
    let got = 0;
    ws.onmessage = () => (got += 1);
    const [server] = await connection;
    await once(ws, 'open');
    ws.pause();
    for (let i = 0; i < 64; i++) server.send(Buffer.alloc(1 << 20));
    await sleep(50);
    expect(got).toBe(0);
    expect(server.bufferedAmount).toBeGreaterThan(32 << 20);
    ws.resume();
    await until(() => got === 64);
  });

  it('survives a listener that throws: nothing is lost, and nothing is overwritten', async () => {
    const wire = Buffer.concat(
      Array.from({ length: 100 }, (_, i) => frame({ opcode: 1 + (i % 2), payload: payloadOf(i, 1000) })),
    );
    const url = await scripted((socket) => socket.write(wire));
    const kept: (Buffer | string)[] = [];
    const thrown: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    cleanUp(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    });
    const ws = dial(url, path);
    ws.onmessage = ({ data }) => {
      kept.push(data as Buffer | string);
      if (kept.length % 10 === 0) throw new Error('of the listener');
    };
    await until(() => kept.length === 100);
    await until(() => thrown.length === 10);
    expect(kept.map(hash)).toEqual(Array.from({ length: 100 }, (_, i) => hash(payloadOf(i, 1000))));
  });

  it('keeps the payloads of pings and pongs, and the reason of the close', async () => {
    const wire = Buffer.concat([
      ...Array.from({ length: 50 }, (_, i) => frame({ opcode: 9 + (i % 2), payload: payloadOf(i, 100) })),
      frame({ opcode: 8, payload: Buffer.from([0x0f, 0xa0, ...Buffer.from('why')]) }),
    ]);
    const url = await scripted((socket) => socket.end(wire));
    const kept: Buffer[] = [];
    const ws = dial(url, path);
    ws.on('ping', (data) => kept.push(data));
    ws.on('pong', (data) => kept.push(data));
    const close = once(ws, 'close') as Promise<[number, Buffer]>;
    const { url: other } = await flooding();
    const [code, reason] = await close;
    await closed(dial(other, path));
    expect(kept.map(String)).toEqual(Array.from({ length: 50 }, (_, i) => payloadOf(i, 100).toString()));
    expect([code, String(reason)]).toEqual([4000, 'why']);
  });

  it('gives strings to one side and Buffers to the other, whoever came when', async () => {
    const texts = ['né', 'two', 'three', 'four'];
    const wire = Buffer.concat(texts.map((text) => frame({ opcode: 1, payload: Buffer.from(text) })));
    const url = await scripted((socket) => socket.write(wire));
    const seen: unknown[] = [];
    const ws = dial(url, path);
    ws.onmessage = ({ data }) => {
      seen.push(data);
      if (data === 'né') ws.once('message', (bytes) => seen.push(bytes));
      if (data === 'three') ws.prependListener('message', (bytes) => seen.push(bytes));
    };
    await until(() => seen.length === 6);
    expect(seen).toEqual(['né', 'two', Buffer.from('two'), 'three', Buffer.from('four'), 'four']);
  });

  it('shows Buffers to whoever overrides emit', async () => {
    const url = await scripted((socket) => socket.write(frame({ opcode: 1, payload: Buffer.from('text') })));
    const seen: unknown[] = [];
    const ws = dial(url, path);
    const emit = ws.emit.bind(ws) as (...all: unknown[]) => boolean;
    ws.emit = ((type: string, ...rest: unknown[]) => {
      if (type === 'message') seen.push(rest[0]);
      return emit(type, ...rest);
    }) as typeof ws.emit;
    ws.onmessage = ({ data }) => seen.push(data);
    await until(() => seen.length === 2);
    expect(seen).toEqual([Buffer.from('text'), 'text']);
  });

  it('refuses text that is not UTF-8', async () => {
    for (const payload of [Buffer.from([0x61, 0xff]), Buffer.alloc(9000, 0xe2)]) {
      const url = await scripted((socket) => socket.write(frame({ opcode: 1, payload })));
      const ws = dial(url, path);
      ws.onmessage = () => {
        throw new Error('not to be delivered');
      };
      const [error] = (await once(ws, 'error')) as [Error & { code: string }];
      expect(error.code).toBe('WS_ERR_INVALID_UTF8');
    }
  });
});

describe('the two ways to read', () => {
  it('tell the same, however the messages are fragmented and the bytes are cut', async () => {
    const piece = fc.record({
      isText: fc.boolean(),
      size: fc.constantFrom(0, 5, 125, 3000, 20_000, 70_000),
      cut: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(400_000), { maxLength: 6 }),
        async (all, cuts) => {
          const frames = all.flatMap(({ isText, size, cut }, i) => {
            const payload = payloadOf(i, size);
            const at = cut % (size + 1);
            return [
              frame({ fin: false, opcode: isText ? 1 : 2, payload: payload.subarray(0, at) }),
              frame({ opcode: 9, payload: Buffer.from(`ping ${i}`) }),
              frame({ opcode: 0, payload: payload.subarray(at) }),
              frame({ opcode: isText ? 1 : 2, payload }),
            ];
          });
          const wire = Buffer.concat([...frames, frame({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) })]);
          const url = await scripted((socket) => void writeInPieces(socket, wire, cuts));
          const told = await Promise.all(paths.map(([, path]) => record(url, path)));
          expect(told[0]).toEqual(told[1]);
          expect(told[0]!.length).toBe(3 * all.length + 1);
        },
      ),
      runs(25, 2000),
    );
  });
});

async function writeInPieces(socket: net.Socket, wire: Buffer, cuts: readonly number[]): Promise<void> {
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), wire.length]) {
    socket.write(wire.subarray(from, cut));
    from = Math.max(from, cut);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

/** Everything that a client is told, as text; what it was given is looked at only at the end. */
async function record(url: string, path: ClientOptions): Promise<string[]> {
  const events: (readonly [string, Buffer | string])[] = [];
  const ws = dial(url, path);
  ws.onmessage = ({ data }) => events.push(['message', data as Buffer | string]);
  ws.on('ping', (data) => events.push(['ping', data]));
  ws.on('close', (code) => events.push(['close', String(code)]));
  await closed(ws);
  return events.map(([kind, data]) => `${kind} ${typeof data} ${hash(data)}`);
}

describe('over TLS', () => {
  const cert = selfSignedCertificate();
  const apart = ((options: tls.ConnectionOptions) => tls.connect(options)) as NonNullable<
    ClientOptions['createConnection']
  >;

  it.each([
    ['the shared memory', {}],
    ['memory of its own', { createConnection: apart }],
  ])('gives what stays as it is, read into %s', async (_way, path) => {
    const server = await started(https.createServer(cert));
    const wss = new WebSocketServer({ server });
    const payloads = Array.from({ length: 100 }, (_, i) => payloadOf(i, SIZES[i % SIZES.length]!));
    wss.on('connection', (ws) => {
      for (const [i, payload] of payloads.entries()) ws.send(payload, { binary: i % 3 === 0 });
      ws.close();
    });
    const kept: (Buffer | string)[] = [];
    const ws = dial(`wss://127.0.0.1:${portOf(server)}/`, { rejectUnauthorized: false, ...path });
    ws.onmessage = ({ data }) => {
      kept.push(data as Buffer | string);
      if (kept.length % 10 !== 0) return;
      ws.pause();
      setTimeout(() => ws.resume(), 1);
    };
    await closed(ws);
    expect(kept.map(hash)).toEqual(payloads.map(hash));
  });

  it('keeps in order what came with the answer, and what the same segment holds behind it, when paused at once', async () => {
    const texts = Array.from({ length: 200 }, (_, i) => `${i} `.repeat(200));
    const frames = Buffer.concat(texts.map((text) => frame({ opcode: 1, payload: Buffer.from(text) })));
    const server = await started(https.createServer(cert));
    server.on('upgrade', (request, socket) => {
      const accept = encodeAccept(request.headers['sec-websocket-key']!);
      const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
      socket.on('error', () => {});
      socket.end(Buffer.concat([Buffer.from(head(['HTTP/1.1 101 Switching Protocols', ...lines])), frames]));
    });
    const kept: unknown[] = [];
    const ws = dial(`wss://127.0.0.1:${portOf(server)}/`, { rejectUnauthorized: false });
    ws.onmessage = ({ data }) => kept.push(data);
    ws.onopen = () => {
      ws.pause();
      setTimeout(() => ws.resume(), 20);
    };
    await closed(ws);
    expect(kept).toEqual(texts);
  });
});
