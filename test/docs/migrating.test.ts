import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect as netConnect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions, ServerOptions, WebSocket } from 'ws';
import { implementations } from '../contract/implementations.ts';
import {
  answering,
  ask,
  connect,
  connectRaw,
  connectToRaw,
  dial,
  failed,
  listen,
  listenOn,
  REQUEST,
  sleep,
} from '../contract/support.ts';

// Both columns of the tables in docs/migrating-from-ws.md: what `ws` does must be true as well.
const page = readFileSync(new URL('../../docs/migrating-from-ws.md', import.meta.url), 'utf8');

/** The rows of the table whose first heading is this: what ws does and what Halyard does, by the first cell. */
function table(heading: string): Map<string, [string, string]> {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
  const end = lines.findIndex((line, i) => i > start && line === '');
  const cells = lines.slice(start + 2, end).map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(cells.map(([, what, ws, halyard]) => [what!, [ws!, halyard!]]));
}

const frames = table("a client's frame");
const requests = table("a client's request");
const answers = table("a server's answer");
const differences = table('what');

const MASK = '00 00 00 00';
const FRAMES: [string, string][] = [
  ['text that is not UTF-8, in a message that has not ended', `01 81 ${MASK} ff`],
  ['a length in 16 or 64 bits where a shorter form would fit', `82 fe 00 01 ${MASK} 61`],
  ['a length in 16 or 64 bits where a shorter form would fit', `82 ff 00 00 00 00 00 00 00 01 ${MASK} 61`],
  ['a length of 64 bits with its highest bit set', `82 ff 80 00 00 00 00 00 00 00 ${MASK}`],
];

const without = (name: string): string[] => REQUEST.filter((line) => !line.startsWith(name));
const offering = (parameters: string): string[] => [
  ...REQUEST,
  `Sec-WebSocket-Extensions: permessage-deflate; ${parameters}`,
];
const OFFER = 'an offer of permessage-deflate with a parameter that is unknown, bad or double';
const RULED_OUT = "an offer of permessage-deflate that the server's options rule out";
const REQUESTS: [string, string[], ServerOptions['perMessageDeflate']?][] = [
  ['Sec-WebSocket-Version: 12', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 12']],
  ['no Sec-WebSocket-Version', without('Sec-WebSocket-Version')],
  ['Sec-WebSocket-Version: 013', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 013']],
  ['no Host, or an empty one', without('Host')],
  ['no Host, or an empty one', [...without('Host'), 'Host: ']],
  ['two Hosts', [...REQUEST, 'Host: other.example']],
  ['two Origins', [...REQUEST, 'Origin: https://a.example', 'Origin: https://b.example']],
  ['HTTP/1.0', ['GET / HTTP/1.0', ...REQUEST.slice(1)]],
  ['a body', [...REQUEST, 'Content-Length: 3']],
  ['POST', ['POST / HTTP/1.1', ...REQUEST.slice(1)]],
  [OFFER, offering('foo')],
  [OFFER, offering('server_max_window_bits=7')],
  [OFFER, offering('server_no_context_takeover; server_no_context_takeover')],
  [RULED_OUT, offering('server_no_context_takeover'), { clientMaxWindowBits: 10 }],
  [RULED_OUT, offering('server_max_window_bits=10'), { serverMaxWindowBits: false as never }],
  ['Sec-WebSocket-Extensions that breaks the grammar, and the server does not compress', offering('x='), false],
  [
    'a Sec-WebSocket-Key with bits left over behind its 16 bytes',
    [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=='],
  ],
  ['several protocols in Upgrade, WebSocket among them', [...without('Upgrade'), 'Upgrade: websocket, other']],
  ["any that is refused: type of the answer's body", without('Sec-WebSocket-Key')],
];

const ANSWERS: [string, object, string][] = [
  [
    'drops the server_no_context_takeover that the client asked for',
    { serverNoContextTakeover: true },
    'permessage-deflate',
  ],
  ['drops the server_max_window_bits that the client asked for', { serverMaxWindowBits: 10 }, 'permessage-deflate'],
  [
    'has larger server_max_window_bits than the client asked for',
    { serverMaxWindowBits: 10 },
    'permessage-deflate; server_max_window_bits=12',
  ],
  ['has server_max_window_bits with a zero in front', {}, 'permessage-deflate; server_max_window_bits=09'],
  ['agrees on permessage-deflate twice', {}, 'permessage-deflate, permessage-deflate'],
];

const tried = (rows: [string, ...unknown[]][]): string[] => [...new Set(rows.map(([what]) => what))];

it('every row of the page is tried here', () => {
  expect([...frames.keys()]).toEqual(tried(FRAMES));
  expect([...requests.keys()]).toEqual(tried(REQUESTS));
  expect([...answers.keys()]).toEqual(tried(ANSWERS));
});

describe.each(implementations)('what the page says of %s', (name, implementation) => {
  const column = name === 'ws' ? 0 : 1;

  it.each(FRAMES)('%s (%s)', async (what, bytes) => {
    const { ws, raw } = await connectRaw(implementation);
    ws.on('error', () => {});
    // A ping is answered by whoever is content so far.
    raw.write(`${bytes} 89 80 ${MASK}`);
    const answer = await raw.read(2);
    const said = answer === '8a00' ? 'content' : String(Number.parseInt(await raw.read(2), 16));
    const written = frames.get(what)![column];
    expect(said).toBe(/^\d/.test(written) ? written : 'content');
  });

  it.each(REQUESTS)('%s', async (what, lines, perMessageDeflate = true) => {
    const { port } = await listen(implementation, { perMessageDeflate });
    const socket = netConnect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.includes('\r\n\r\n')) break;
    }
    const said = requests.get(what)![column];
    const header = (wanted: string): string | undefined => new RegExp(`^${wanted}: (.*)\r$`, 'm').exec(text)?.[1];
    if (what.startsWith('any ')) expect(header('Content-Type')).toBe(said);
    else {
      expect(text.split(' ')[1]).toBe(said.slice(0, 3));
      expect(header('Allow')).toBe(said.includes('Allow') ? 'GET' : undefined);
      expect(header('Sec-WebSocket-Extensions')).toBe(undefined);
    }
  });

  it.each(ANSWERS)('%s: %j', async (what, perMessageDeflate, extensions) => {
    const url = await answering(
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: {accept}',
      `Sec-WebSocket-Extensions: ${extensions}`,
    );
    const ws = dial(implementation, url, [], { perMessageDeflate });
    const outcome = await new Promise<string>((resolve) => {
      ws.once('open', () => resolve('opens'));
      ws.once('error', ({ message }) => resolve(`fails: ${message}`));
    });
    expect(outcome).toBe(answers.get(what)![column]);
  });

  it('Proxy-Authorization behind a redirect to another host', async () => {
    const { wss, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const server = createServer();
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\n\r\n`));
    const from = `ws://127.0.0.1:${await listenOn(server)}/`;
    dial(implementation, from, [], { followRedirects: true, headers: { 'Proxy-Authorization': 'secret' } });
    const { headers } = (await connection)[1];
    expect(headers['proxy-authorization']).toBe(name === 'ws' ? 'secret' : undefined);
  });

  it('what send returns, and how many writes messages of one tick take', async () => {
    const { peer, client } = await connect(implementation);
    let chunks = 0;
    countWrites(peer, () => (chunks += 1));
    const returned = Array.from({ length: 10 }, (_, i) => peer.send(String(i)) as unknown);
    await new Promise((resolve) => client.on('message', (data) => String(data) === '9' && resolve(data)));
    expect(String(returned[0])).toBe(differences.get('what `send` returns')![column].split(',')[0]);
    expect(chunks).toBe(differences.get('small messages sent in one tick')![column] === 'one write' ? 1 : 10);
  });

  it('who ends TCP after the closing handshake of a client', async () => {
    const { ws, raw } = await connectToRaw(implementation);
    const ended = once(raw.socket, 'end').then(() => 'ends TCP itself');
    ws.close(1000);
    expect(await raw.read(1)).toBe('88');
    raw.write('88 02 03 e8');
    const said = differences.get("the end of a client's closing handshake")![column];
    const outcome = await Promise.race([ended, sleep(1_500).then(() => 'waits for the server to')]);
    expect(said.startsWith(outcome)).toBe(true);
  });

  it('the defaults of a server', async () => {
    const { wss } = await listen(implementation);
    const options = wss.options as unknown as Record<string, unknown>;
    for (const option of ['maxFragments', 'maxBufferedChunks', 'maxPendingAutoPongs']) {
      const said = differences.get(`\`${option}\``)![column];
      expect([option, String(options[option])]).toEqual([option, /^\d/.test(said) ? said : 'undefined']);
    }
    expect(options['handshakeTimeout']).toBe(name === 'ws' ? undefined : 10_000);
    expect(differences.get("a server's handshake")![1]).toContain('10000');
  });

  it('a perMessageDeflate that cannot be', () => {
    const options = { noServer: true, perMessageDeflate: { serverMaxWindowBits: 7 } };
    if (name === 'ws') expect(new implementation.WebSocketServer(options)).toBeDefined();
    else expect(() => new implementation.WebSocketServer(options)).toThrow(RangeError);
  });

  it.each([{ maxPayload: -1 }, { closeTimeout: -1 }, { maxPayload: '1' as never }])('numbers: %j', (option) => {
    const options = { noServer: true, ...option };
    if (name === 'ws') expect(new implementation.WebSocketServer(options)).toBeDefined();
    else expect(() => new implementation.WebSocketServer(options)).toThrow(Object.keys(option)[0]!);
  });

  it('an option that is undefined', async () => {
    const { wss, url } = await listen(implementation);
    const connection = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    dial(implementation, url, [], { perMessageDeflate: undefined } as never);
    const { headers } = (await connection)[1];
    expect(headers['sec-websocket-extensions'] === undefined).toBe(name === 'ws');
  });

  it('the error of an aborted signal', async () => {
    const { url } = await listen(implementation);
    const signal = AbortSignal.abort(new Error('why'));
    const error = await failed(dial(implementation, url, [], { signal } as ClientOptions));
    expect([error.name, error.message]).toEqual(
      name === 'ws' ? ['AbortError', 'The operation was aborted'] : ['Error', 'why'],
    );
  });

  it('the class of the error for a broken frame', async () => {
    const { ws, raw } = await connectRaw(implementation);
    const error = once(ws, 'error') as Promise<[Error]>;
    raw.write(`c2 80 ${MASK}`);
    expect((await error)[0]).toMatchObject({
      name: name === 'ws' ? 'RangeError' : 'ProtocolError',
      code: 'WS_ERR_UNEXPECTED_RSV_1',
      message: 'Invalid WebSocket frame: RSV1 must be clear',
    });
  });

  it('the answer to a request that is no upgrade', async () => {
    const { port } = await listen(implementation);
    const { status, headers } = await new Promise<{ status: number; headers: IncomingHttpHeaders }>((resolve) =>
      request({ port, host: '127.0.0.1', agent: false, headers: { Connection: 'keep-alive' } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode!, headers: response.headers });
      }).end(),
    );
    expect([status, headers.connection, headers.upgrade]).toEqual(
      name === 'ws' ? [426, 'keep-alive', undefined] : [426, 'close, Upgrade', 'websocket'],
    );
  });

  it('a subprotocol of handleProtocols that is no token', async () => {
    const { port } = await listen(implementation, { handleProtocols: () => 'a b' });
    const { status } = await ask(port, { 'Sec-WebSocket-Protocol': 'a' });
    expect(status).toBe(name === 'ws' ? 101 : 500);
  });

  it("an upgrade to no path of ours, where others hear 'upgrade'", async () => {
    const server = createServer();
    const wss = new implementation.WebSocketServer({ server, path: '/ours' });
    onTestFinished(() => wss.close());
    server.on('upgrade', (_request, socket) => {
      if (socket.writable && !socket.writableEnded) socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
    });
    const { status } = await ask(await listenOn(server), {}, { path: '/theirs' });
    expect(status).toBe(name === 'ws' ? 400 : 418);
  });
});

/** Counts what a server's socket hands to its transport. */
function countWrites(ws: WebSocket, count: () => void): void {
  const { _socket: socket } = ws as unknown as { _socket: { _writeGeneric(...args: unknown[]): void } };
  const write = socket._writeGeneric;
  socket._writeGeneric = function writeGeneric(...args: unknown[]): void {
    count();
    write.apply(this, args);
  };
}
