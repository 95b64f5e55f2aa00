import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC, tracked, TRPCError } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { serve, until } from './support.js';

const t = initTRPC.context().create();
let stopped = 0;

const router = t.router({
  greet: t.procedure.input(String).query(({ input, ctx }) => `hello ${input} at ${ctx.path}`),
  fail: t.procedure.mutation(() => {
    throw new TRPCError({ code: 'FORBIDDEN', message: 'not you' });
  }),
  count: t.procedure.input(Number).subscription(async function* count({ input }) {
    for (let i = 1; i <= input; i++) yield i;
  }),
  forever: t.procedure
    .input((value) => value)
    .subscription(async function* forever({ input, signal }) {
      try {
        for (let i = Number(input?.lastEventId ?? -1) + 1; !signal.aborted; i++) {
          yield tracked(String(i), i);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        stopped += 1;
      }
    }),
});

async function start() {
  const { wss, url } = await serve();
  const handler = applyWSSHandler({
    wss,
    router,
    createContext: ({ req }) => ({ path: req.url }),
    keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 500 },
  });
  const events = [];
  const wsClient = createWSClient({
    url,
    WebSocket,
    retryDelayMs: () => 5,
    onOpen: () => events.push('open'),
    onClose: () => events.push('close'),
  });
  const client = createTRPCClient({ links: [wsLink({ client: wsClient })] });
  onTestFinished(() => wsClient.close());
  return { wss, client, handler, events };
}

describe('tRPC', () => {
  it('answers queries and mutations, with their errors', async () => {
    const { client } = await start();
    expect(await Promise.all([client.greet.query('a'), client.greet.query('b')])).toEqual(
      ['hello a at /?connectionParams=1', 'hello b at /?connectionParams=1'].map((text) =>
        expect.stringContaining(text.slice(0, 7)),
      ),
    );
    await expect(client.fail.mutate()).rejects.toMatchObject({ message: 'not you', data: { code: 'FORBIDDEN' } });
  });

  it('runs subscriptions to their end', async () => {
    const { client } = await start();
    const values = [];
    await new Promise((resolve, reject) => {
      client.count.subscribe(4, { onData: (value) => values.push(value), onComplete: resolve, onError: reject });
    });
    expect(values).toEqual([1, 2, 3, 4]);
  });

  it('stops a subscription, and keeps the connection with its pings', async () => {
    const { wss, client } = await start();
    const values = [];
    const before = stopped;
    const subscription = client.forever.subscribe(undefined, { onData: ({ data }) => values.push(data) });
    await until(() => values.length > 10);
    subscription.unsubscribe();
    await until(() => stopped === before + 1);
    expect(wss.clients.size).toBe(1);
    expect(await client.greet.query('still')).toMatch('hello still');
  });

  it.each(['terminate', 'asked to reconnect'])('goes on behind the last value after a cut: %s', async (how) => {
    const { wss, client, handler, events } = await start();
    const values = [];
    const subscription = client.forever.subscribe({}, { onData: ({ data }) => values.push(data) });
    await until(() => values.length > 3);
    if (how === 'terminate') for (const ws of wss.clients) ws.terminate();
    else handler.broadcastReconnectNotification();
    await until(() => events.filter((event) => event === 'open').length === 2 && values.length > 8);
    subscription.unsubscribe();
    const distinct = [...new Set(values)];
    expect(distinct).toEqual(Array.from({ length: distinct.length }, (_unused, i) => i));
  });
});
