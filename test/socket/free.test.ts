import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PreparedMessage, WebSocketClient } from '../../src/index.ts';
import { runs } from '../support/runs.ts';
import { cleanUp, duplexPair, openPair, until } from './support.ts';

const WAYS = ['simply added', 'with a callback'] as const;

/** Sends what is for many: simply, where nothing keeps it from that; or so that it always goes the way of all others. */
function sendToMany(ws: WebSocketClient, message: PreparedMessage, way: (typeof WAYS)[number]): boolean {
  return way === 'simply added' ? ws.send(message) : ws.send(message, () => {});
}

interface Side {
  readonly ws: WebSocketClient;
  readonly peer: WebSocketClient;
  readonly told: unknown[];
  hasDrained: boolean;
}

function pairOf(highWaterMark: number): Side {
  const [near, far] = duplexPair({ highWaterMark: 5_000 });
  const ws = new WebSocketClient(null);
  const peer = new WebSocketClient(null, undefined, { isServer: false });
  const told: unknown[] = [];
  const side = { ws, peer, told, hasDrained: false };
  ws.on('drain', () => (side.hasDrained = true));
  peer.on('message', (data) => told.push(`${data.length} of ${String(data.subarray(0, 5))}`));
  peer.on('close', (code) => told.push(code));
  ws.setSocket(near, Buffer.alloc(0), { highWaterMark });
  peer.setSocket(far, Buffer.alloc(0));
  cleanUp(() => {
    ws.terminate();
    peer.terminate();
  });
  return side;
}

const size = fc.oneof(fc.nat(300), fc.nat(20_000), fc.constantFrom(65_531, 65_532, 65_536, 70_000));
const act = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('to many'), size }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('to one', 'fragment', 'blob'), size }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('tick', 'tick', 'pause', 'resume'), size: fc.constant(0) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('last fragment', 'close'), size: fc.nat(300) }) },
);

function nextTurn(): Promise<void> {
  return new Promise((resume) => {
    setImmediate(resume);
  });
}

describe('a message for many that is simply added', () => {
  it('is the twin of one that goes the way of all others, whatever is sent around it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 30 }),
        fc.constantFrom(0, 1_000, 65_535, 65_536, 1 << 20, Infinity, NaN),
        async (acts, highWaterMark) => {
          const sides = WAYS.map(() => pairOf(highWaterMark));
          for (const [i, { act: what, size: n }] of acts.entries()) {
            const bytes = Buffer.alloc(n, `${i} `);
            const message = new PreparedMessage(bytes);
            const seen = sides.map(({ ws, peer }, way) => {
              let result: unknown;
              if (what === 'to many') result = sendToMany(ws, message, WAYS[way]!);
              else if (what === 'to one') result = ws.send(bytes);
              else if (what === 'fragment') result = ws.send(bytes, { fin: false });
              else if (what === 'last fragment') result = ws.send(bytes, { fin: true });
              else if (what === 'blob') result = ws.send(new Blob([bytes]));
              else if (what === 'pause') peer.pause();
              else if (what === 'resume') peer.resume();
              else if (what === 'close') ws.close(1000);
              return [result, ws.bufferedAmount, ws.readyState];
            });
            expect(seen[0]).toEqual(seen[1]);
            if (what === 'tick') await nextTurn();
          }
          for (const { ws, peer } of sides) {
            ws.send('', { fin: true });
            peer.resume();
            ws.close(1000);
          }
          await until(() => sides.every(({ told }) => told.at(-1) === 1000));
          expect(sides[0]!.told).toEqual(sides[1]!.told);
          // When it comes is when a callback of the stream does, and may be before or after what the peer is told.
          expect(sides[0]!.hasDrained).toBe(sides[1]!.hasDrained);
        },
      ),
      runs(150, 10_000),
    );
  });

  it('is compressed where that was agreed on', async () => {
    const { client, server } = await openPair({ perMessageDeflate: { threshold: 0 } }, { perMessageDeflate: true });
    const socket = server._socket as Socket;
    const before = socket.bytesWritten;
    server.send(new PreparedMessage('x'.repeat(10_000)));
    const [data] = await once(client, 'message');
    expect(String(data)).toBe('x'.repeat(10_000));
    expect(socket.bytesWritten - before).toBeLessThan(500);
  });

  it('comes in order on a socket, behind what a peer that does not read has left to wait', async () => {
    const { client, server } = await openPair();
    const got: string[] = [];
    client.on('message', (data) => got.push(String(data.subarray(0, 8))));
    const sent: string[] = [];
    client.pause();
    for (let i = 0; server._socket!.writableLength < 1 << 20; i++) {
      const name = `${i}`.padStart(8);
      sent.push(name);
      const message = Buffer.from(name.padEnd(10 + ((i * 997) % 30_000)));
      if (i % 3 === 0) server.send(message);
      else server.send(new PreparedMessage(message));
      if (i % 5 === 0) await nextTurn();
    }
    expect(server.send(new PreparedMessage('the last'))).toBe(false);
    sent.push('the last');
    client.resume();
    await until(() => got.length === sent.length);
    expect(got).toEqual(sent);
  });
});
