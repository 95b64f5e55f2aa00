import { expect, it } from 'vitest';
import { lendKernelSlab } from '../../src/protocol/kernel-slabs.ts';
import { WITHOUT } from '../../src/protocol/long-mask.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { collect } from '../support/collected.ts';
import { openPair, until } from './support.ts';

function delayWrites(ws: WebSocket): void {
  const socket = ws._socket!;
  const { write } = socket;
  socket.write = (...args: unknown[]) => {
    setImmediate(() => Reflect.apply(write, socket, args));
    return true;
  };
}

it('what waits for a peer that does not read takes its own bytes, not the memory that it was collected in', async () => {
  const { client, server } = await openPair();
  client.pause();
  while (server._socket!.writableLength === 0) server.send(Buffer.alloc(1 << 20));
  await collect();
  const before = process.memoryUsage().arrayBuffers;
  const count = 10_000;
  for (let i = 0; i < count; i++) {
    server.send(`message ${i}`);
    // Each in a write of its own.
    await new Promise(setImmediate);
  }
  await collect();
  expect(server._socket!.writableLength).toBeGreaterThan(10 * count);
  expect((process.memoryUsage().arrayBuffers - before) / count).toBeLessThan(100);
});

it('a socket whose `write` was replaced while it was open may keep what it is given, and write it later', async () => {
  // A client writes to memory of the kernel from now on.
  for (let i = 0; i < 8 * WITHOUT; i++) {
    const slab = lendKernelSlab(1);
    slab?.pool!.takeBack(slab);
  }
  const { client, server } = await openPair();
  const got: string[] = [];
  for (const ws of [client, server]) ws.on('message', (data) => got.push(String(data)));
  const sent: string[] = [];
  const send = (ws: WebSocket, text: string): void => {
    sent.push(text);
    ws.send(text);
  };
  for (const ws of [client, server]) {
    send(ws, 'before it was replaced');
    delayWrites(ws);
    // In the same tick, and so in memory that was lent before.
    send(ws, 'x'.repeat(40_000));
    await new Promise(setImmediate);
    for (let i = 0; i < 5; i++) {
      send(ws, `message ${i}`);
      await new Promise(setImmediate);
    }
    await until(() => got.length === sent.length);
  }
  expect(got).toEqual(sent);
});
