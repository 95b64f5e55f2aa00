import { expect, it } from 'vitest';
import { startInteropServer } from './interop-server.ts';
import { exerciseWithNode } from './node-client.ts';
import { expectedOfWhatwgClient } from './whatwg-expectations.ts';

it("Node's own WebSocket says and hears everything", async () => {
  await using server = await startInteropServer();
  expect(await exerciseWithNode(server.url)).toEqual(expectedOfWhatwgClient);
  expect(await (await fetch(`${server.page}closed`)).json()).toContainEqual([4321, 'bye ✓']);
});
