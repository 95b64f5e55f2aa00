import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

it('workers that find their port taken end the chat with 1 and a word, and none of them lives on', async () => {
  const taken = createServer().listen(0);
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const chat = spawn(process.execPath, ['dist/cli/main.js', 'chat', '--workers', '2'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  chat.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    // Not 'exit': what it said may come after that.
    expect(await once(chat, 'close')).toEqual([1, null]);
    expect(said).toContain('EADDRINUSE');
  } finally {
    chat.kill('SIGKILL');
    taken.close();
  }
});
