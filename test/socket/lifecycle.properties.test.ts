import { once } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WebSocketClient, WebSocketServer } from '../../src/index.ts';
import type { Role } from '../../src/protocol/role.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { runs } from '../support/runs.ts';
import { frame } from '../support/wire.ts';
import { duplexPair, portOf, type SlowDuplex, until } from './support.ts';

/** So long that a timer that is left behind is still there when the test looks. */
const CLOSE_TIMEOUT = 600_000;

/** Watches one socket for what may never happen. */
class Witness {
  readonly ws: WebSocket;
  readonly faults: string[] = [];
  closes = 0;
  callbacksOwed = 0;
  #lastState = 0;

  constructor(ws: WebSocket, react: (ws: WebSocket, event: string) => void) {
    this.ws = ws;
    let errors = 0;
    const on = (event: string): void => {
      if (this.closes > 0) this.faults.push(`'${event}' after 'close'`);
      this.look();
    };
    for (const event of ['open', 'message', 'ping', 'pong', 'drain'] as const) {
      ws.on(event, () => {
        on(event);
        react(ws, event);
        this.look();
      });
    }
    ws.on('error', () => {
      on('error');
      if (++errors > 1) this.faults.push("'error' twice");
    });
    ws.on('close', () => {
      on('close');
      this.closes++;
      if (ws.readyState !== 3) this.faults.push(`readyState ${ws.readyState} at 'close'`);
    });
  }

  /** readyState only moves forward. */
  look(): void {
    const { readyState } = this.ws;
    if (readyState < this.#lastState) this.faults.push(`readyState ${this.#lastState} became ${readyState}`);
    this.#lastState = readyState;
  }

  send(data: string | Buffer): void {
    if (this.ws.readyState === 0) return;
    this.callbacksOwed++;
    this.ws.send(data, () => this.callbacksOwed--);
  }

  ping(): void {
    if (this.ws.readyState === 0) return;
    this.callbacksOwed++;
    this.ws.ping('p', undefined, () => this.callbacksOwed--);
  }
}

const LARGE = Buffer.alloc(40_000);

/** What the user does to a socket. */
const userActs = {
  send: (one: Witness) => one.send('text'),
  sendLarge: (one: Witness) => one.send(LARGE),
  ping: (one: Witness) => one.ping(),
  close: ({ ws }: Witness) => ws.close(1000, 'done'),
  terminate: ({ ws }: Witness) => ws.terminate(),
  pause: ({ ws }: Witness) => ws.pause(),
  resume: ({ ws }: Witness) => ws.resume(),
};

/** What the peer, or the transport, does to it. */
const peerActs = {
  message: (peer: SlowDuplex, mask: boolean) => peer.write(frame({ opcode: 1, payload: Buffer.from('hi'), mask })),
  messages: (peer: SlowDuplex, mask: boolean) =>
    peer.write(Buffer.concat(Array.from({ length: 300 }, () => frame({ opcode: 2, payload: Buffer.alloc(3), mask })))),
  fragment: (peer: SlowDuplex, mask: boolean) => peer.write(frame({ fin: false, opcode: 2, mask })),
  ping: (peer: SlowDuplex, mask: boolean) => peer.write(frame({ opcode: 9, mask })),
  close: (peer: SlowDuplex, mask: boolean) => peer.write(frame({ opcode: 8, payload: Buffer.from([3, 232]), mask })),
  garbage: (peer: SlowDuplex) => peer.write(Buffer.from('ffff', 'hex')),
  half: (peer: SlowDuplex, mask: boolean) =>
    peer.write(frame({ opcode: 1, payload: Buffer.alloc(50), mask }).subarray(0, 20)),
  end: (peer: SlowDuplex) => peer.end(),
  read: (peer: SlowDuplex) => peer.resume(),
  stopReading: (peer: SlowDuplex) => peer.pause(),
  vanish: (peer: SlowDuplex) => peer.destroy(),
  error: (peer: SlowDuplex) => peer.other.destroy(new Error('the line is cut')),
};

type Act = { by: 'user'; act: keyof typeof userActs } | { by: 'peer'; act: keyof typeof peerActs } | { by: 'time' };

function names<T extends object>(acts: T): fc.Arbitrary<keyof T> {
  return fc.constantFrom(...(Object.keys(acts) as (keyof T)[]));
}

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: names(userActs).map((name) => ({ by: 'user', act: name }) as const) },
  { weight: 4, arbitrary: names(peerActs).map((name) => ({ by: 'peer', act: name }) as const) },
  { weight: 3, arbitrary: fc.constant({ by: 'time' } as const) },
);

/** What a listener does when it is called; mostly nothing. */
const reaction = fc.option(names(userActs), { freq: 2, nil: undefined });

const turn = (): Promise<void> =>
  new Promise((resume) => {
    setImmediate(resume);
  });

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

it('whatever user, peer and transport do: one close, nothing after it, no callback forgotten, no timer left', async () => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  const before = timers();

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Role>('server', 'client'),
      fc.array(act, { maxLength: 24 }),
      reaction,
      fc.boolean(),
      async (role, acts, reactionName, terminates) => {
        const [near, far] = duplexPair({ highWaterMark: 4_096 });
        far.on('error', () => {});
        far.resume();
        const ws = new WebSocketClient(null, undefined, { isServer: role === 'server', closeTimeout: CLOSE_TIMEOUT });
        const witness: Witness = new Witness(ws, () => {
          if (reactionName !== undefined) userActs[reactionName](witness);
        });
        ws.setSocket(near, Buffer.alloc(0));
        for (const one of acts) {
          if (one.by === 'time') await turn();
          else if (one.by === 'user') userActs[one.act](witness);
          else if (far.writable) peerActs[one.act](far, role === 'server');
          witness.look();
        }
        if (terminates) ws.terminate();
        else far.destroy();
        far.resume();
        for (let i = 0; i < 50 && (witness.closes === 0 || witness.callbacksOwed > 0); i++) {
          await turn();
          // Who reads again sees the end; the peer that is gone is not awaited for long.
          if (i === 10) ws.resume();
          if (i === 20) ws.terminate();
        }
        await turn();
        expect(witness.faults).toEqual([]);
        expect(witness.closes).toBe(1);
        expect(witness.callbacksOwed).toBe(0);
        expect(ws.closeInfo.clean).toBe(ws.closeInfo.sent !== undefined && ws.closeInfo.received !== undefined);
      },
    ),
    runs(2_000, 500_000),
  );

  expect(timers()).toBeLessThanOrEqual(before);
  expect(rejections).toEqual([]);
  process.removeListener('unhandledRejection', onRejection);
});

it('both ends on TCP, from the first moment of connecting: one close each', async () => {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', closeTimeout: CLOSE_TIMEOUT });
  await once(wss, 'listening');
  const url = `ws://127.0.0.1:${portOf(wss)}/`;
  const before = timers();
  const side = fc.constantFrom('client', 'server');

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(side, names(userActs), fc.nat(3)), { maxLength: 16 }),
      reaction,
      fc.boolean(),
      async (acts, reactionName, compress) => {
        const witnesses: Witness[] = [];
        const watch = (ws: WebSocket): Witness => {
          const witness: Witness = new Witness(ws, () => {
            if (reactionName !== undefined) userActs[reactionName](witness);
          });
          witnesses.push(witness);
          return witness;
        };
        let server: Witness | undefined;
        wss.once('connection', (ws) => (server = watch(ws)));
        const client = watch(
          new WebSocketClient(url, {
            closeTimeout: CLOSE_TIMEOUT,
            perMessageDeflate: compress,
            handshakeTimeout: CLOSE_TIMEOUT,
          }),
        );
        for (const [who, name, turns] of acts) {
          for (let i = 0; i < turns; i++) await turn();
          const one = who === 'client' ? client : server;
          if (one !== undefined) userActs[name](one);
          for (const witness of witnesses) witness.look();
        }
        client.ws.terminate();
        server?.ws.resume();
        server?.ws.terminate();
        await until(
          () => witnesses.every((one) => one.closes > 0 && one.callbacksOwed === 0) && wss.clients.size === 0,
        );
        wss.removeAllListeners('connection');
        for (const witness of witnesses) {
          expect(witness.faults).toEqual([]);
          expect(witness.closes).toBe(1);
        }
      },
    ),
    runs(150, 20_000),
  );

  expect(timers()).toBeLessThanOrEqual(before);
  wss.close();
  await once(wss, 'close');
});
