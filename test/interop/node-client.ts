import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const client = new URL('whatwg-client.js', import.meta.url);

/** Runs whatwg-client.js in a process of its own, with the WebSocket that Node brings; resolves to what it saw. */
export async function exerciseWithNode(url: string): Promise<unknown> {
  const script = `import { exercise } from ${JSON.stringify(client.href)};
    console.log(JSON.stringify(await exercise(${JSON.stringify(url)})));`;
  // Node 20 has it behind the flag, later ones without.
  const args = ['--experimental-websocket', '--input-type=module', '--eval', script];
  const { stdout } = await run(process.execPath, args, { timeout: 15_000 });
  return JSON.parse(stdout);
}
