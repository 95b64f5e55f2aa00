import { expect, it } from 'vitest';
import { collect } from '../support/collected.ts';
import { openPair } from './support.ts';

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
    await new Promise((resolve) => process.nextTick(resolve));
  }
  await collect();
  expect(server._socket!.writableLength).toBeGreaterThan(10 * count);
  expect((process.memoryUsage().arrayBuffers - before) / count).toBeLessThan(100);
});
