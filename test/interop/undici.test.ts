import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startInteropServer } from './interop-server.ts';
import { expectedOfWhatwgClient } from './whatwg-expectations.ts';

const run = promisify(execFile);
const client = new URL('whatwg-client.js', import.meta.url);

it("Node's own WebSocket says and hears everything", async () => {
  await using server = await startInteropServer();
  const script = `import { exercise } from ${JSON.stringify(client.href)};
    console.log(JSON.stringify(await exercise(${JSON.stringify(server.url)})));`;
  // Node 20 has it behind the flag, later ones without.
  const { stdout } = await run(process.execPath, ['--experimental-websocket', '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    timeout: 15_000,
  });
  expect(JSON.parse(stdout)).toEqual(expectedOfWhatwgClient);
  expect(await (await fetch(`${server.page}closed`)).json()).toContainEqual([4321, 'bye ✓']);
});
