import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { frame } from '../support/wire.ts';
import { closed, listen, openPair, RawPeer, sleep, uncaught, until, upgradeRequest } from './support.ts';

const deflate = { perMessageDeflate: true };

/** So long that it is inflated off the event loop, however well it compresses. */
const long = randomBytes(1 << 20);

function record(ws: WebSocket): number[] {
  const sizes: number[] = [];
  ws.on('message', (data) => sizes.push(data.length));
  return sizes;
}

describe('while a long message is inflated', () => {
  it('the end of the transport does not overtake it', async () => {
    const { client, server } = await openPair(deflate);
    const sizes = record(server);
    client.send(long, () => client._socket!.end());
    client.send('after it');
    expect(await closed(server)).toMatchObject({ code: 1006 });
    expect(sizes).toEqual([long.length, 8]);
  });

  it('pause holds it back', async () => {
    const { client, server } = await openPair(deflate);
    const sizes = record(server);
    server.once('message', () => server.pause());
    client.send('first');
    client.send(long);
    client.send('after it');
    await until(() => sizes.length === 1);
    await sleep(150);
    expect(sizes).toEqual([5]);
    server.resume();
    await until(() => sizes.length === 3);
    expect(sizes).toEqual([5, long.length, 8]);
  });

  it('its listener may throw, and what is behind it still arrives', async () => {
    const { client, server } = await openPair(deflate);
    const sizes = record(server);
    server.on('message', () => {
      throw new Error('mine');
    });
    const thrown = await uncaught(async () => {
      client.send(long);
      client.send('after it');
      await until(() => sizes.length === 2);
    });
    expect(sizes).toEqual([long.length, 8]);
    expect(thrown).toHaveLength(2);
  });

  it('what turns out to be no DEFLATE ends TCP, although the peer does not', async () => {
    const { wss, port } = await listen({ ...deflate, closeTimeout: 200 });
    const connection = once(wss, 'connection') as Promise<[WebSocket]>;
    const request = upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    const peer = await RawPeer.upgrade(port, { allowHalfOpen: true }, request);
    const [server] = await connection;
    const errors: unknown[] = [];
    server.on('error', (error) => errors.push(error));
    peer.write(frame({ opcode: 2, rsv: 4, payload: Buffer.alloc(100_000, 0xff), mask: true }));
    const startedAt = Date.now();
    expect(await closed(server)).toMatchObject({ code: 1006 });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    expect(errors).toHaveLength(1);
    await until(() => peer.received.length >= 4);
    expect(peer.received.toString('hex')).toBe('880203ef');
  });
});
