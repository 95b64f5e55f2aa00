import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http';
import { type AddressInfo, connect as netConnect, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { ClientOptions, ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Implementation } from './implementations.ts';

/** A key and the answer to it, from RFC 6455 §1.3. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A request that asks for no more than it has to. */
export const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
];

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The port of a server on 127.0.0.1 that this starts, and ends with the test. */
export async function listenOn(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export interface Listening {
  readonly wss: WebSocketServer;
  readonly port: number;
  readonly url: string;
}

/** A WebSocket server on a free port, gone with the test. */
export async function listen(
  { WebSocketServer: Class }: Implementation,
  options: ServerOptions = {},
): Promise<Listening> {
  const wss = new Class({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => {
    for (const ws of wss.clients ?? []) ws.terminate();
    wss.close();
  });
  await once(wss, 'listening');
  const { port } = wss.address() as AddressInfo;
  return { wss, port, url: `ws://127.0.0.1:${port}/` };
}

export interface Opening {
  readonly server?: ServerOptions;
  readonly client?: ClientOptions;
  readonly protocols?: string | string[];
}

export interface Pair extends Listening {
  readonly client: WebSocket;
  /** The server's socket of the same connection. */
  readonly peer: WebSocket;
  readonly request: IncomingMessage;
}

/** A client and a server of the implementation, connected. */
export async function connect(implementation: Implementation, opening: Opening = {}): Promise<Pair> {
  const listening = await listen(implementation, opening.server);
  const client = new implementation.WebSocket(listening.url, opening.protocols, opening.client);
  onTestFinished(() => client.terminate());
  const connection = once(listening.wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  await once(client, 'open');
  const [peer, request] = await connection;
  return { ...listening, client, peer, request };
}

/** A client that dials; errors are the test's. */
export function dial(
  { WebSocket: Class }: Implementation,
  url: string,
  protocols?: string | string[],
  options?: ClientOptions,
): WebSocket {
  const client = new Class(url, protocols, options);
  onTestFinished(() => {
    client.on('error', () => {});
    client.terminate();
  });
  return client;
}

export interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

export async function nextMessage(ws: WebSocket): Promise<Message> {
  const [data, isBinary] = (await once(ws, 'message')) as [Buffer, boolean];
  return { data, isBinary };
}

/** Code and reason of 'close'. */
export function closed(ws: WebSocket): Promise<[number, string]> {
  return new Promise((resolve) => ws.once('close', (code, reason) => resolve([code, reason.toString()])));
}

/** What the socket comes to an end by: its 'error'. */
export function errorOf(ws: WebSocket): Promise<Error & { code?: string }> {
  return new Promise((resolve) => ws.once('error', resolve));
}

/** The error, when 'close' has come too; throws if that is not how it ends. */
export async function failed(ws: WebSocket): Promise<Error & { code?: string }> {
  const events: unknown[] = [];
  ws.on('open', () => events.push('open'));
  ws.on('error', (error) => events.push(error));
  const [code, reason] = await closed(ws);
  if (events.length !== 1 || !(events[0] instanceof Error) || code !== 1006 || reason !== '') {
    throw new Error(`not 'error', then 'close' 1006: ${JSON.stringify([events.map(String), code, reason])}`);
  }
  return events[0];
}

/** The names of events in the order in which they come. */
export function record(ws: WebSocket): string[] {
  const names: string[] = [];
  for (const name of ['upgrade', 'open', 'message', 'ping', 'pong', 'error', 'close', 'redirect']) {
    ws.on(name, () => names.push(name));
  }
  return names;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A request for an upgrade that may be wrong, and what comes back. A header that is undefined is left out. */
export function ask(
  port: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  { method = 'GET', path = '/' }: { readonly method?: string; readonly path?: string } = {},
): Promise<Response> {
  const all = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers: given, agent: false });
  onTestFinished(() => void request.destroy());
  request.end();
  return new Promise((resolve, reject) => {
    const answer = (message: IncomingMessage, body: string): void =>
      resolve({
        status: message.statusCode!,
        headers: message.headers,
        rawHeaders: message.rawHeaders,
        body,
      });
    request.on('error', reject);
    request.on('upgrade', (message, socket) => {
      onTestFinished(() => void socket.destroy());
      answer(message, '');
    });
    request.on('response', (message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => answer(message, Buffer.concat(chunks).toString()));
    });
  });
}

/** A peer of bare bytes behind a finished handshake. */
export class RawPeer {
  readonly socket: Duplex;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Duplex, head: Buffer = Buffer.alloc(0)) {
    this.socket = socket;
    this.#received = head;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  write(hex: string): void {
    this.socket.write(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
  }

  /** The next bytes, as hex. */
  async read(length: number): Promise<string> {
    await this.#until(() => this.#received.length >= length);
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes.toString('hex');
  }

  /** Everything up to the end of the stream, as hex. */
  async readAll(): Promise<string> {
    await this.#until(() => this.#ended);
    return this.#received.toString('hex');
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      if (this.#ended) throw new Error(`ended with ${this.#received.length} bytes unread`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** A server of the implementation with a client of bare bytes; bytes after the request are its `head`. */
export async function connectRaw(
  implementation: Implementation,
  options: ServerOptions = {},
  { headers = [], head = '' }: { readonly headers?: readonly string[]; readonly head?: string } = {},
): Promise<Listening & { readonly ws: WebSocket; readonly raw: RawPeer }> {
  const listening = await listen(implementation, options);
  const connection = once(listening.wss, 'connection') as Promise<[WebSocket]>;
  const socket = netConnect(listening.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`${[...REQUEST, ...headers].join('\r\n')}\r\n\r\n`);
  if (head !== '') socket.write(Buffer.from(head.replaceAll(/\s/g, ''), 'hex'));
  const raw = new RawPeer(socket);
  const [ws] = await connection;
  await skipHead(raw);
  return { ...listening, ws, raw };
}

async function skipHead(raw: RawPeer): Promise<void> {
  let text = '';
  while (!text.endsWith('0d0a0d0a')) text += await raw.read(1);
}

/** Answers every upgrade with these lines, of which `{accept}` becomes the right answer to the key. */
export async function answering(...lines: readonly string[]): Promise<string> {
  const { createHash } = await import('node:crypto');
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    const key = request.headers['sec-websocket-key']!;
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.end(`${lines.join('\r\n').replace('{accept}', accept)}\r\n\r\n`);
  });
  return `ws://127.0.0.1:${await listenOn(server)}/`;
}

/** A client of the implementation with a server of bare bytes. */
export async function connectToRaw(
  { WebSocket: Class }: Implementation,
  options: ClientOptions = {},
  { head = '' }: { readonly head?: string } = {},
): Promise<{ readonly ws: WebSocket; readonly raw: RawPeer }> {
  const { createHash } = await import('node:crypto');
  const server = createServer();
  const upgrade = once(server, 'upgrade') as Promise<[IncomingMessage, Duplex]>;
  const port = await listenOn(server);
  const ws = new Class(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false, ...options });
  onTestFinished(() => {
    ws.on('error', () => {});
    ws.terminate();
  });
  const [request, socket] = await upgrade;
  const key = request.headers['sec-websocket-key']!;
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  const answer = Buffer.from(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(Buffer.concat([answer, Buffer.from(head.replaceAll(/\s/g, ''), 'hex')]));
  const raw = new RawPeer(socket);
  if (head === '') await once(ws, 'open');
  return { ws, raw };
}
