import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { implementations } from './implementations.ts';
import { closed, nextMessage, record } from './support.ts';

/** Two ends of a line that is no socket: no `setNoDelay`, no `setTimeout`. */
function duplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const create = (other: number): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, callback) {
        ends[other]!.push(chunk);
        callback();
      },
      final(callback) {
        ends[other]!.push(null);
        callback();
      },
    });
  ends.push(create(1), create(0));
  return ends as [Duplex, Duplex];
}

interface Settable {
  _isServer: boolean;
  setSocket(stream: Duplex, head: Buffer, options: object): void;
}

describe.each(implementations)('setSocket of %s', (_, implementation) => {
  const waiting = (): WebSocket => new implementation.WebSocket(null as never, undefined, { autoPong: true });

  /** Both roles on one line, as programs do that have no network between them. */
  function joined(
    options: object = {},
    head = Buffer.alloc(0),
  ): { client: WebSocket; server: WebSocket; events: string[] } {
    const [here, there] = duplexPair();
    const [client, server] = [waiting(), waiting()];
    (client as unknown as Settable)._isServer = false;
    const events = record(client);
    (server as unknown as Settable).setSocket(there, Buffer.alloc(0), options);
    (client as unknown as Settable).setSocket(here, head, options);
    return { client, server, events };
  }

  it('opens at once, and carries messages and pings over any Duplex', async () => {
    const { client, server, events } = joined();
    expect([client.readyState, server.readyState, events]).toEqual([1, 1, ['open']]);
    const heard = nextMessage(server);
    client.send('text ✓');
    expect(await heard).toEqual({ data: Buffer.from('text ✓'), isBinary: false });
    const large = nextMessage(client);
    server.send(Buffer.alloc(300_000, 5));
    expect((await large).data.equals(Buffer.alloc(300_000, 5))).toBe(true);
    const pong = new Promise<Buffer>((resolve) => client.once('pong', resolve));
    client.ping('p');
    expect((await pong).toString()).toBe('p');
  });

  it.each(['client', 'server'] as const)('closes from the %s, on both ends', async (side) => {
    const pair = joined();
    const ends = Promise.all([closed(pair.client), closed(pair.server)]);
    pair[side].close(4000, 'bye');
    expect(await ends).toEqual([
      [4000, 'bye'],
      [4000, 'bye'],
    ]);
  });

  it('reads first what had arrived before', async () => {
    const { client } = joined({}, Buffer.from('810161', 'hex'));
    expect((await nextMessage(client)).data.toString()).toBe('a');
  });

  it('takes the options of a socket', async () => {
    const { client, server } = joined({ maxPayload: 3 });
    const error = new Promise<NodeJS.ErrnoException>((resolve) => server.once('error', resolve));
    const end = closed(client);
    client.send('four');
    expect((await error).code).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    expect(await end).toEqual([1009, '']);
  });

  it('ends with 1006 when the stream is destroyed', async () => {
    const { client } = joined();
    const end = closed(client);
    client.terminate();
    expect(await end).toEqual([1006, '']);
  });
});
