import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { pythonPath } from '../support/tools.ts';
import { halyard } from './implementations.ts';
import { startInteropServer } from './interop-server.ts';

const run = promisify(execFile);
const peer = fileURLToPath(new URL('websockets_peer.py', import.meta.url));
const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1 << 20];

it('a Python client says and hears everything', async () => {
  await using server = await startInteropServer();
  const { stdout } = await run(pythonPath(), [peer, 'client', server.url, 'plain'], { timeout: 15_000 });
  expect(JSON.parse(stdout)).toEqual({
    text: SIZES.map(() => true),
    binary: SIZES.map(() => true),
    subprotocol: 'second',
    fragmentsSent: 'in three Stücken',
    fragmentsReceived: 'Gruß aus fünf Stücken',
    pong: 'p1',
    ownClose: [4321, 'bye ✓'],
    codeAndReason: [4001, 'go ✓'],
    noCode: [1005, ''],
    terminated: [1006, ''],
  });
  expect(await (await fetch(`${server.page}closed`)).json()).toContainEqual([4321, 'bye ✓']);
});

it('a Python server hears everything and answers', async () => {
  const python = spawn(pythonPath(), [peer, 'server', 'plain'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
  try {
    const url = `ws://127.0.0.1:${String(await nextLine())}`;
    const client = new halyard.Client(url, ['first', 'second']);
    await once(client, 'open');
    expect(client.protocol).toBe('second');

    const ask = async (data: string | Buffer): Promise<[Buffer, boolean]> => {
      const answer = once(client, 'message');
      client.send(data);
      return (await answer) as [Buffer, boolean];
    };
    for (const size of SIZES) {
      const text = 'ahoy, Grüße, 错 '.repeat(Math.ceil(size / 12)).slice(0, size);
      const [echo, isBinary] = await ask(text);
      expect([echo.toString() === text, isBinary], `${size} units of text`).toEqual([true, false]);
      const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) & 0xff));
      const [data, isStillBinary] = await ask(bytes);
      expect([data.equals(bytes), isStillBinary], `${size} bytes`).toEqual([true, true]);
    }
    expect((await ask('fragments')).map(String)).toEqual(['in drei Stücken', 'false']);
    const pinged = once(client, 'ping');
    expect((await ask('ping')).map(String)).toEqual(['ponged', 'false']);
    expect(String(await pinged)).toBe('from python');
    const pong = once(client, 'pong');
    client.ping('from here');
    expect(String(await pong)).toBe('from here');
    client.close(4321, 'bye ✓');
    expect((await once(client, 'close')).map(String)).toEqual(['4321', 'bye ✓']);
    expect(await nextLine()).toEqual([4321, 'bye ✓']);

    const second = new halyard.Client(url);
    await once(second, 'open');
    second.send('close 4001 go ✓');
    expect((await once(second, 'close')).map(String)).toEqual(['4001', 'go ✓']);
    expect(await nextLine()).toEqual([4001, 'go ✓']);
  } finally {
    python.stdin.end();
    await once(python, 'close');
  }
});
