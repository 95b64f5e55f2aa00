import { createRequire } from 'node:module';
import { createClient, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { serve, until } from './support.js';

// The same copy that the package gets: there are two forms in one folder.
const { buildSchema } = createRequire(import.meta.url)('graphql');

const schema = buildSchema(`
  type Query { greet(name: String!): String!, fail: String }
  type Subscription { count(to: Int!): Int!, forever: Int! }
`);

async function* count({ to }) {
  for (let i = 1; i <= to; i++) yield { count: i };
}

let stopped = 0;
async function* forever() {
  try {
    for (let i = 0; ; i++) {
      yield { forever: i };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    stopped += 1;
  }
}

const roots = {
  query: {
    greet: ({ name }) => `hello ${name}`,
    fail: () => {
      throw new Error('as asked');
    },
  },
  subscription: { count, forever },
};

async function start(serverOptions = {}, clientOptions = {}) {
  const { wss, url } = await serve();
  const disposable = useServer({ schema, roots, ...serverOptions }, wss);
  const client = createClient({ url, webSocketImpl: WebSocket, retryWait: async () => {}, ...clientOptions });
  onTestFinished(async () => {
    await client.dispose();
    await disposable.dispose();
  });
  const results = async (query, variables) => {
    const all = [];
    for await (const result of client.iterate({ query, variables })) all.push(result);
    return all;
  };
  return { wss, client, results };
}

describe('graphql-ws', () => {
  it('answers queries, with their errors', async () => {
    const { wss, results } = await start();
    expect(await results('query ($name: String!) { greet(name: $name) }', { name: 'ada' })).toEqual([
      { data: { greet: 'hello ada' } },
    ]);
    const [{ data, errors }] = await results('{ fail }');
    expect([data, errors[0].message]).toEqual([{ fail: null }, 'as asked']);
    for (const ws of wss.clients) expect(ws.protocol).toBe(GRAPHQL_TRANSPORT_WS_PROTOCOL);
    expect(wss.options.handleProtocols).toBeTypeOf('function');
  });

  it('runs subscriptions to their end, several on one connection', async () => {
    const { wss, results } = await start({}, { lazy: false });
    const [five, three] = await Promise.all([
      results('subscription { count(to: 5) }'),
      results('subscription { count(to: 3) }'),
    ]);
    expect(five.map(({ data }) => data.count)).toEqual([1, 2, 3, 4, 5]);
    expect(three).toHaveLength(3);
    expect(wss.clients.size).toBe(1);
  });

  it('stops a subscription that nobody wants any more', async () => {
    const { client } = await start();
    const before = stopped;
    for await (const { data } of client.iterate({ query: 'subscription { forever }' })) {
      if (data.forever >= 2) break;
    }
    await until(() => stopped === before + 1);
    expect(stopped).toBe(before + 1);
  });

  it('passes parameters, and closes with 4403 who may not', async () => {
    const { results } = await start(
      { onConnect: ({ connectionParams }) => connectionParams?.token === 'right' },
      { connectionParams: { token: 'right' } },
    );
    expect(await results('{ greet(name: "x") }')).toHaveLength(1);
    const other = await start({ onConnect: () => false });
    await expect(other.results('{ greet(name: "x") }')).rejects.toMatchObject({ code: 4403, reason: 'Forbidden' });
  });

  it('closes with 4406 who speaks another subprotocol', async () => {
    const { wss } = await start();
    const ws = new WebSocket(`ws://127.0.0.1:${wss.address().port}/`, 'graphql-ws');
    ws.on('error', () => {});
    const code = await new Promise((resolve) => ws.on('close', resolve));
    // The server answers without a subprotocol, which the client refuses.
    expect(code).toBe(1006);
  });

  it('starts again after a cut', async () => {
    let connections = 0;
    const { wss, client } = await start({}, { retryAttempts: 5, shouldRetry: () => true });
    wss.on('connection', () => (connections += 1));
    const seen = [];
    let isCut = false;
    for await (const { data } of client.iterate({ query: 'subscription { forever }' })) {
      seen.push(data.forever);
      if (seen.length === 3 && !isCut) {
        isCut = true;
        for (const ws of wss.clients) ws.terminate();
      }
      if (connections === 2 && seen.length > 5) break;
    }
    expect(connections).toBe(2);
    expect(seen.filter((value) => value === 0)).toHaveLength(2);
  });

  it('keeps alive by pings', async () => {
    const heard = [];
    const { client } = await start({}, { lazy: false, keepAlive: 10, on: { pong: () => heard.push('pong') } });
    await until(() => heard.length >= 2);
    expect(client).toBeDefined();
  });
});
