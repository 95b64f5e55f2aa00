import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startHaproxy, startNginx } from '../support/proxies.ts';
import { halyard } from './implementations.ts';
import { startInteropServer } from './interop-server.ts';
import { exerciseWithNode } from './node-client.ts';
import { expectedOfWhatwgClient } from './whatwg-expectations.ts';

const proxies = [
  ['nginx', startNginx],
  ['haproxy', startHaproxy],
] as const;

it.each(proxies)('everything passes through %s', async (_, start) => {
  await using server = await startInteropServer();
  await using proxy = await start(Number(new URL(server.url).port));
  expect(await exerciseWithNode(`ws://127.0.0.1:${proxy.port}`)).toEqual(expectedOfWhatwgClient);
});

it.each(proxies)('a Halyard client behind %s gets its handshake, its echo and its close', async (_, start) => {
  await using server = await startInteropServer();
  await using proxy = await start(Number(new URL(server.url).port));
  const client = new halyard.Client(`ws://127.0.0.1:${proxy.port}/echo`, ['second']);
  await once(client, 'open');
  const sent = Buffer.alloc(1 << 20, 'halyard');
  const echo = once(client, 'message') as Promise<[Buffer, boolean]>;
  client.send(sent);
  const [data] = await echo;
  expect(data.equals(sent)).toBe(true);
  client.close(1000, 'done');
  expect((await once(client, 'close')).map(String)).toEqual(['1000', 'done']);

  const forwarded = new halyard.Client(`ws://127.0.0.1:${proxy.port}/header?name=x-forwarded-for`);
  expect(String((await once(forwarded, 'message'))[0])).toBe('127.0.0.1');
  forwarded.close();
  await once(forwarded, 'close');
});
