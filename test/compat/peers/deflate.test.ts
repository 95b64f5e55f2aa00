import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { PerMessageDeflateOptions, WebSocket } from 'ws';
import { halyard, ws } from '../../interop/implementations.ts';
import { startInteropServer } from '../../interop/interop-server.ts';
import { exerciseWithNode } from '../../interop/node-client.ts';
import { expectedOfWhatwgClient } from '../../interop/whatwg-expectations.ts';
import { launchBrowser } from '../../support/browser.ts';
import { startHaproxy, startNginx } from '../../support/proxies.ts';
import { pythonPath } from '../../support/tools.ts';

const run = promisify(execFile);
const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const python = fileOf('../../interop/websockets_peer.py');

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1 << 20];
const ALL = SIZES.map(() => true);

/** What servers with compression are set to, beside the defaults. */
const settings: [string, boolean | PerMessageDeflateOptions][] = [
  ['defaults', true],
  ['no contexts', { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }],
  ['the smallest windows', { serverMaxWindowBits: 9, clientMaxWindowBits: 9, threshold: 0 }],
];

async function exerciseWithUndici(url: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [fileOf('undici-client.js'), url], { timeout: 15_000 });
  return JSON.parse(stdout);
}

/** A message of words, which compresses, and one of noise, which does not. */
const samples = (size: number): [string, Buffer] => {
  const noise = Buffer.alloc(size);
  let state = 1;
  for (let i = 0; i < size; i++) noise[i] = (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16;
  return ['ahoy, Grüße, 错 '.repeat(Math.ceil(size / 12)).slice(0, size), noise];
};

/** Sends samples of all sizes and compares what comes back. */
async function echoes(client: WebSocket): Promise<void> {
  for (const sample of SIZES.flatMap(samples)) {
    const answer = once(client, 'message');
    client.send(sample);
    const [data, isBinary] = (await answer) as [Buffer, boolean];
    const isSame = typeof sample === 'string' ? data.toString() === sample : data.equals(sample);
    expect([isSame, isBinary]).toEqual([true, typeof sample !== 'string']);
  }
}

it('the WebSocket of undici says and hears everything, plain', async () => {
  await using server = await startInteropServer();
  expect(await exerciseWithUndici(server.url)).toEqual(expectedOfWhatwgClient);
});

describe.each(settings)('compressed with %s', (_, deflate) => {
  const expected = { ...expectedOfWhatwgClient, extensions: expect.stringMatching(/^permessage-deflate/) as unknown };

  it.each([
    ['undici', exerciseWithUndici],
    ['Node', exerciseWithNode],
  ])('the WebSocket of %s says and hears everything', async (_name, exercise) => {
    await using server = await startInteropServer(deflate);
    expect(await exercise(server.url)).toEqual(expected);
    expect(await (await fetch(`${server.page}closed`)).json()).toContainEqual([4321, 'bye ✓']);
  });

  it('a Python client says and hears everything', async () => {
    await using server = await startInteropServer(deflate);
    const { stdout } = await run(pythonPath(), [python, 'client', server.url, 'deflate'], { timeout: 15_000 });
    expect(JSON.parse(stdout)).toMatchObject({
      text: ALL,
      binary: ALL,
      fragmentsSent: 'in three Stücken',
      fragmentsReceived: 'Gruß aus fünf Stücken',
      ownClose: [4321, 'bye ✓'],
      codeAndReason: [4001, 'go ✓'],
    });
  });

  it.each([
    ['a Halyard server and a ws client', halyard, ws],
    ['a ws server and a Halyard client', ws, halyard],
    ['Halyard on both sides', halyard, halyard],
  ])('%s understand each other', async (_pair, { Server }, { Client }) => {
    const server = new Server({ port: 0, host: '127.0.0.1', perMessageDeflate: deflate });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const client = new Client(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      perMessageDeflate: { threshold: 0 },
    });
    await once(client, 'open');
    expect(client.extensions).toBe('permessage-deflate');
    await echoes(client);
    const answer = once(client, 'message');
    for (const part of ['in ', 'drei ']) client.send(part, { fin: false });
    client.ping();
    client.send('Stücken');
    expect(String((await answer)[0])).toBe('in drei Stücken');
    client.close(4321, 'bye ✓');
    expect((await once(client, 'close')).map(String)).toEqual(['4321', 'bye ✓']);
    server.close();
    await once(server, 'close');
  });

  it.each([
    ['nginx', startNginx],
    ['haproxy', startHaproxy],
  ])('everything passes through %s', async (_name, start) => {
    await using server = await startInteropServer(deflate);
    await using proxy = await start(Number(new URL(server.url).port));
    expect(await exerciseWithNode(`ws://127.0.0.1:${proxy.port}`)).toEqual(expected);
    const client = new halyard.Client(`ws://127.0.0.1:${proxy.port}/echo`);
    await once(client, 'open');
    expect(client.extensions).toBe('permessage-deflate');
    await echoes(client);
    client.close(1000, 'done');
    expect((await once(client, 'close')).map(String)).toEqual(['1000', 'done']);
  });
});

it('a page in Chromium says and hears everything, compressed in each way', async () => {
  const client = readFileSync(fileOf('../../interop/whatwg-client.js'), 'utf8').replace('export async', 'async');
  await using browser = await launchBrowser();
  for (const [, deflate] of settings) {
    await using server = await startInteropServer(deflate);
    const page = await browser.newPage();
    await page.goto(server.page);
    const seen = await page.evaluate(`(async () => { ${client}; return exercise(${JSON.stringify(server.url)}); })()`);
    expect(seen).toEqual({
      ...expectedOfWhatwgClient,
      extensions: expect.stringMatching(/^permessage-deflate/) as unknown,
    });
    await page.close();
  }
});

it('a Python server hears everything and answers, compressed', async () => {
  const peer = spawn(pythonPath(), [python, 'server', 'deflate'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
  try {
    const client = new halyard.Client(`ws://127.0.0.1:${String(await nextLine())}`, ['second']);
    await once(client, 'open');
    expect([client.protocol, client.extensions]).toEqual(['second', 'permessage-deflate']);
    await echoes(client);
    const answer = once(client, 'message');
    client.send('fragments');
    expect(String((await answer)[0])).toBe('in drei Stücken');
    client.close(4321, 'bye ✓');
    expect((await once(client, 'close')).map(String)).toEqual(['4321', 'bye ✓']);
    expect(await nextLine()).toEqual([4321, 'bye ✓']);
  } finally {
    peer.stdin.end();
    await once(peer, 'close');
  }
});
