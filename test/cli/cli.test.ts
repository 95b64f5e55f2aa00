import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from '../chat/client.ts';
import { freePort } from '../support/ports.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The built command, and what it prints. */
class Command {
  readonly child: ChildProcess;
  out = '';
  err = '';

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const { PATH = '' } = process.env;
    this.child = spawn(process.execPath, [MAIN, ...args], { env: { PATH, ...env }, stdio: 'pipe' });
    this.child.stdout?.on('data', (data) => {
      this.out += String(data);
    });
    this.child.stderr?.on('data', (data) => {
      this.err += String(data);
    });
    running.add(this.child);
  }

  /** Resolves with what the pattern finds in the output. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (const end = performance.now() + 10_000; performance.now() < end;) {
      const found = pattern.exec(this.out);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${String(pattern)} was not printed, but:\n${this.out}\n${this.err}`);
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

describe('halyard chat', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves, and on %s says goodbye and exits with 0', async (signal) => {
    const command = new Command(['chat', '--port', '0', '--host', '127.0.0.1']);
    const [, url = ''] = await command.prints(/The chat is at (http:\S+)/);
    expect((await fetch(url)).status).toBe(200);
    const ann = await Client.open(`${url.replace('http', 'ws')}/chat`);
    await ann.join('lobby', 'ann');
    await ann.say('lobby', 'hi');
    const start = performance.now();
    command.child.kill(signal);
    expect(await ann.next('notice')).toMatchObject({ code: 'shutting-down' });
    expect(await ann.ended()).toMatchObject({ code: 1001 });
    expect(await command.exit()).toBe(0);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(command.out).toMatch(/ open 1 "\/chat"[^]* message 1 "lobby" 2\n[^]* close 1 1001 /);
    expect(command.err).toBe('');
  });

  it('takes port, host and origins from the environment', async () => {
    const port = String(await freePort());
    const command = new Command(['chat'], { PORT: port, HOST: '127.0.0.1', ORIGINS: 'https://app.example' });
    await command.prints(new RegExp(`The chat is at http://127\\.0\\.0\\.1:${port}\n`));
    const url = `ws://127.0.0.1:${port}/chat`;
    await (await Client.open(url, { origin: 'https://app.example' })).close();
    await expect(Client.open(url, { origin: `http://127.0.0.1:${port}` })).rejects.toThrow('403');
  });

  it('says so when the port is taken', async () => {
    const first = new Command(['chat', '-p', '0', '--host', '127.0.0.1']);
    const [, port = ''] = await first.prints(/:(\d+)\n/);
    const second = new Command(['chat', '-p', port, '--host', '127.0.0.1']);
    expect(await second.exit()).toBe(1);
    expect(second.err).toContain('EADDRINUSE');
    expect(second.err).not.toContain('    at ');
  });
});

it('halyard echo sends back what halyard connect sends', async () => {
  const echo = new Command(['echo', '-p', '0', '--host', '127.0.0.1']);
  const [, url = ''] = await echo.prints(/The echo is at (ws:\S+)/);
  const connect = new Command(['connect', url, '--wait', '0.5', '-H', 'X-Test: yes']);
  connect.child.stdin?.end('hello\nwörld\n');
  expect(await connect.exit()).toBe(0);
  expect(connect.out).toBe('hello\nwörld\n');
  expect(connect.err).toBe('connected\nclosed: 1000 ""\n');
  echo.child.kill('SIGTERM');
  expect(await echo.exit()).toBe(0);
});

it('halyard connect says why it cannot', async () => {
  const command = new Command(['connect', `ws://127.0.0.1:${await freePort()}`]);
  expect(await command.exit()).toBe(1);
  expect(command.err).toContain('ECONNREFUSED');
});

it.each([
  [['--help'], 0, /^Usage: halyard <command>/],
  [['chat', '--help'], 0, /^Usage: halyard chat/],
  [['echo', '-h'], 0, /^Usage: halyard echo/],
  [['connect', '-h'], 0, /^Usage: halyard connect/],
  [['sail'], 2, /no command "sail"/],
  [['chat', '--sail'], 2, /--sail/],
  [['chat', '--port', '65536'], 2, /no port: "65536"/],
  [['chat', '--port', 'x'], 2, /no port: "x"/],
  [['chat', '--origins', 'app.example'], 2, /no origin: "app.example"/],
  [['chat', '--origins', 'https://app.example/'], 2, /no origin/],
  [['connect'], 2, /takes one URL/],
  [['connect', 'ws://x', '-H', 'x'], 2, /no header/],
] as const)('halyard %j', async (args, code, printed) => {
  const command = new Command([...args]);
  expect(await command.exit()).toBe(code);
  expect(code === 0 ? command.out : command.err).toMatch(printed);
});
