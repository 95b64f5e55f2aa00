import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from '../../src/index.ts';
import { Client } from '../chat/client.ts';
import { Command } from './command.ts';
import { freePort } from '../support/ports.ts';

async function serve(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('halyard chat', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves, and on %s says goodbye and exits with 0', async (signal) => {
    await using command = new Command(['chat', '--port', '0', '--host', '127.0.0.1']);
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
    await using command = new Command(['chat'], { PORT: port, HOST: '127.0.0.1', ORIGINS: 'https://app.example' });
    await command.prints(new RegExp(`The chat is at http://127\\.0\\.0\\.1:${port}\n`));
    const url = `ws://127.0.0.1:${port}/chat`;
    await (await Client.open(url, { origin: 'https://app.example' })).close();
    await expect(Client.open(url, { origin: `http://127.0.0.1:${port}` })).rejects.toThrow('403');
  });

  it('says so when the port is taken', async () => {
    await using first = new Command(['chat', '-p', '0', '--host', '127.0.0.1']);
    const [, port = ''] = await first.prints(/:(\d+)\n/);
    await using second = new Command(['chat', '-p', port, '--host', '127.0.0.1']);
    expect(await second.exit()).toBe(1);
    expect(second.err).toContain('EADDRINUSE');
    expect(second.err).not.toContain('    at ');
  });
});

it('halyard echo sends back what halyard connect sends', async () => {
  await using echo = new Command(['echo', '-p', '0', '--host', '127.0.0.1']);
  const [, url = ''] = await echo.prints(/The echo is at (ws:\S+)/);
  await using connect = new Command(['connect', url, '--wait', '2', '-H', 'X-Test: yes']);
  connect.child.stdin?.end('hello\nwörld\n');
  expect(await connect.exit()).toBe(0);
  expect(connect.out).toBe('hello\nwörld\n');
  expect(connect.err).toBe('connected\nclosed: 1000 ""\n');
  echo.child.kill('SIGTERM');
  expect(await echo.exit()).toBe(0);
});

it('halyard connect ends with the connection, however long it would have waited', async () => {
  const { server, url } = await serve();
  server.on('connection', (socket) => socket.on('message', () => setTimeout(() => socket.close(4_000, 'enough'), 100)));
  await using connect = new Command(['connect', url, '--wait', '60']);
  connect.child.stdin?.end('hello\n');
  const start = performance.now();
  expect(await connect.exit()).toBe(0);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(connect.err).toBe('connected\nclosed: 4000 "enough"\n');
  server.close();
});

it('halyard connect reads no more of its input than the other side takes', async () => {
  const { server, url } = await serve();
  await using connect = new Command(['connect', url]);
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  socket.pause();
  const line = `${'x'.repeat(99_999)}\n`;
  const total = 1_000;
  const input = connect.child.stdin!;
  let read = 0;
  for (let i = 0; i < total; i++) input.write(line, () => read++);
  input.end();
  // It stands still when a second passes in which nothing more is read.
  for (let before = -1; before < read;) {
    before = read;
    await sleep(1_000);
  }
  expect(read).toBeLessThan(total / 2);
  let arrived = 0;
  socket.on('message', () => arrived++);
  socket.resume();
  expect(await connect.exit()).toBe(0);
  expect(arrived).toBe(total);
  server.close();
});

it('halyard connect does not wait for ever for a server that does not answer', async () => {
  const silent = net.createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  await using command = new Command(['connect', `ws://127.0.0.1:${port}`, '--timeout', '0.3']);
  expect(await command.exit()).toBe(1);
  expect(command.err).toContain('Opening handshake has timed out');
  silent.close();
});

it('halyard connect says why it cannot', async () => {
  await using command = new Command(['connect', `ws://127.0.0.1:${await freePort()}`]);
  expect(await command.exit()).toBe(1);
  expect(command.err).toMatch(/^halyard: connect ECONNREFUSED [^\n]+\n$/);
});

it('halyard connect ends when nobody reads what it prints', async () => {
  const { server, url } = await serve();
  server.on('connection', (socket) => {
    const talking = setInterval(() => socket.send('more'), 5);
    socket.on('close', () => clearInterval(talking));
  });
  await using command = new Command(['connect', url]);
  await command.prints(/more/);
  command.child.stdout?.destroy();
  expect(await command.exit()).toBe(0);
  expect(command.err).toBe('connected\nclosed: 1000 ""\n');
  server.close();
});

it.each([
  [['--help'], 0, /^Usage: halyard <command>/],
  [['help'], 0, /^Usage: halyard <command>/],
  [['help', 'connect'], 0, /^Usage: halyard connect/],
  [['help', 'sail'], 2, /no command "sail"[^]*Usage: halyard <command>/],
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
  [['-v'], 0, /^\d+\.\d+\.\d+\n$/],
  [['chat', '--help'], 0, /^Usage: halyard chat/],
  [['echo', '-h'], 0, /^Usage: halyard echo/],
  [['connect', '-h'], 0, /^Usage: halyard connect/],
  [['sail'], 2, /no command "sail"[^]*Usage: halyard <command>/],
  [['chat', '--sail'], 2, /--sail'\n\nhalyard chat --help tells what it takes\.\n$/],
  [['echo', 'sail'], 2, /halyard echo --help/],
  [['chat', '--port', '65536'], 2, /no port: "65536"; a number up to 65535/],
  [['chat', '--port', 'x'], 2, /no port: "x"/],
  [['chat', '--origins', 'app.example'], 2, /no origin: "app.example"/],
  [['chat', '--origins', 'https://app.example/'], 2, /no origin/],
  [['chat', '--workers', '0'], 2, /no number of workers: "0"; 1 to 256/],
  [['chat', '--redis', 'http://x'], 2, /begins with redis/],
  [['chat', '--redis', 'redis://x/abc'], 1, /number of a database, got "abc"/],
  [['connect'], 2, /takes one URL/],
  [['connect', 'x'], 2, /Invalid URL: x\n\nhalyard connect --help/],
  [['connect', 'ftp://x'], 2, /protocol must be one of/],
  [['connect', 'ws://x', '-s', 'a', '-s', 'a'], 2, /duplicated subprotocol/],
  [['connect', 'ws://x', '-H', 'x'], 2, /no header/],
  [['connect', 'ws://x', '-H', 'a b: c'], 2, /Header name/],
  [['connect', 'ws://x', '-w', 'x'], 2, /no number of seconds: "x"/],
  [['connect', 'ws://x', '-w', ''], 2, /no number of seconds: ""/],
  [['connect', 'ws://x', '-w', '1e9'], 2, /no number of seconds: "1e9"; at most 2147483/],
  [['connect', 'ws://x', '--timeout=-1'], 2, /no number of seconds: "-1"/],
] as const)('halyard %j', async (args, code, printed) => {
  await using command = new Command([...args]);
  expect(await command.exit()).toBe(code);
  expect(code === 0 ? command.out : command.err).toMatch(printed);
});
