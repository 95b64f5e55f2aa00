import { once } from 'node:events';
import type { ClientRequestArgs } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocketClient, WebSocketServer } from '../../src/index.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { frame } from '../support/wire.ts';

const cleanups: (() => unknown)[] = [];

/** Undoes something after the test at hand. */
export function cleanUp(undo: () => unknown): void {
  cleanups.push(undo);
}

afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
});

export interface Listening {
  readonly wss: WebSocketServer;
  readonly port: number;
  readonly url: string;
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** A server of the package on a free port. */
export async function listen(options: ServerOptions = {}): Promise<Listening> {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  cleanUp(() => {
    for (const ws of wss.clients ?? []) ws.terminate();
    wss.close();
  });
  await once(wss, 'listening');
  const port = portOf(wss);
  return { wss, port, url: `ws://127.0.0.1:${port}/` };
}

/** Makes a server listen on a free port, and end with the test. */
export async function started<S extends net.Server>(server: S): Promise<S> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => sockets.add(socket));
  cleanUp(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A client of the package that ends with the test. */
export function dial(url: string, options: ClientOptions = {}, protocols: string[] = []): WebSocketClient {
  const ws = new WebSocketClient(url, protocols, options);
  cleanUp(() => {
    ws.on('error', () => {});
    ws.terminate();
  });
  return ws;
}

export interface Pair {
  readonly client: WebSocketClient;
  readonly server: WebSocket;
}

/** Both ends of an open connection. */
export async function openPair(server: ServerOptions = {}, client: ClientOptions = {}): Promise<Pair & Listening> {
  const listening = await listen(server);
  const connection = once(listening.wss, 'connection') as Promise<[WebSocket]>;
  const ws = dial(listening.url, client);
  const [[socket]] = await Promise.all([connection, once(ws, 'open')]);
  return { ...listening, client: ws, server: socket };
}

/** What 'close' said. */
export function closed(ws: WebSocket): Promise<{ code: number; reason: string }> {
  // Not `events.once`: that rejects with 'error'.
  return new Promise((resolve) => {
    ws.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
}

/** The error, then what 'close' said. */
export async function failure(ws: WebSocket): Promise<{ message: string; code: number; error: Error }> {
  const errors: Error[] = [];
  ws.on('error', (error) => errors.push(error));
  const { code } = await closed(ws);
  if (errors.length !== 1) throw new Error(`'error' was emitted ${errors.length} times`);
  return { message: errors[0]!.message, code, error: errors[0]! };
}

/** What nobody caught while something ran. */
export async function uncaught(run: () => Promise<unknown>): Promise<unknown[]> {
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  try {
    await run();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  return thrown;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Waits until something is so, at most 15 s. */
export async function until(isSo: () => boolean, what = 'it'): Promise<void> {
  const end = performance.now() + 15_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within 15 s`);
    await sleep(2);
  }
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The lines of a good request for an upgrade. */
export const REQUEST: readonly string[] = [
  'GET / HTTP/1.1',
  'Host: halyard.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];

export function head(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A good request, some of its lines changed or added by the name of the header, or left out with null. */
export function upgradeRequest(changes: Readonly<Record<string, string | null>> = {}, first = REQUEST[0]!): string {
  const lines = new Map(REQUEST.slice(1).map((line) => [line.split(':')[0]!.toLowerCase(), line]));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) lines.delete(name.toLowerCase());
    else lines.set(name.toLowerCase(), `${name}: ${value}`);
  }
  return head([first, ...lines.values()]);
}

/** A masked frame, as a client sends it. */
export function masked(opcode: number, payload: string | Uint8Array = '', fin = true): Buffer {
  return frame({ opcode, payload: Buffer.from(payload), mask: true, fin });
}

/** A TCP connection without any WebSocket in it. */
export class RawPeer {
  readonly socket: net.Socket;
  received = Buffer.alloc(0);
  ended = false;
  gone = false;
  error: Error | undefined;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on('end', () => (this.ended = true));
    socket.on('close', () => (this.gone = true));
    socket.on('error', (error) => (this.error = error));
    cleanUp(() => socket.destroy());
  }

  /** Connects; with `allowHalfOpen` a FIN is not answered by itself. */
  static async connect(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawPeer> {
    const socket = net.connect({ port, host: '127.0.0.1', ...options });
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  /** Connects and has the upgrade accepted; the answer's head is not in `received` any more. */
  static async upgrade(
    port: number,
    options: { allowHalfOpen?: boolean } = {},
    request = upgradeRequest(),
  ): Promise<RawPeer> {
    const peer = await RawPeer.connect(port, options);
    peer.write(request);
    await until(() => peer.text.includes('\r\n\r\n'), 'the answer');
    if (!peer.text.startsWith('HTTP/1.1 101 ')) throw new Error(`not upgraded: ${peer.text}`);
    peer.received = peer.received.subarray(peer.received.indexOf('\r\n\r\n') + 4);
    return peer;
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Writes and waits until the other side has ended TCP; returns all that it said. */
  async ask(bytes: string | Uint8Array): Promise<string> {
    this.write(bytes);
    await until(() => this.gone, 'the end of the connection');
    if (this.error !== undefined) throw this.error;
    return this.text;
  }
}

/** Sends raw bytes to a port and returns the whole answer, once TCP has ended. */
export async function ask(port: number, bytes: string | Uint8Array): Promise<string> {
  const peer = await RawPeer.connect(port);
  return peer.ask(bytes);
}

/** Options that make a client speak over a given stream, without agents. */
export type Dialling = ClientRequestArgs;

export interface PairOptions {
  /** Milliseconds that a write takes; 0 for the next turn of the loop. */
  readonly delay?: number;
  readonly highWaterMark?: number;
}

/**
 * Two plain Duplexes joined in memory. A write is asynchronous: the other side is given the bytes, read from the very
 * buffer that was written, only when the write is over, as with a transport that keeps the buffer for a while.
 */
export function duplexPair({ delay = 0, highWaterMark = 16_384 }: PairOptions = {}): [SlowDuplex, SlowDuplex] {
  const a = new SlowDuplex(delay, highWaterMark);
  const b = new SlowDuplex(delay, highWaterMark);
  a.other = b;
  b.other = a;
  return [a, b];
}

export class SlowDuplex extends Duplex {
  other!: SlowDuplex;
  writes = 0;
  readonly #delay: number;
  #waiting: (() => void) | undefined;

  constructor(delay: number, highWaterMark: number) {
    super({ highWaterMark });
    this.#delay = delay;
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#pass([chunk], callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#pass(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#later(() => {
      if (!this.other.destroyed) this.other.push(null);
      callback();
    });
  }

  override _read(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Nobody will read any more, on either side: no write waits for that.
    this._read();
    this.other._read();
    this.#later(() => {
      if (!this.other.destroyed && !this.other.readableEnded) this.other.push(null);
    });
    callback(error);
  }

  #pass(chunks: readonly Buffer[], callback: (error?: Error | null) => void): void {
    this.writes++;
    this.#later(() => {
      if (this.destroyed) return callback(new Error('destroyed'));
      const { other } = this;
      if (other.destroyed || other.readableEnded) return callback();
      // A copy: the buffer may be written again from now on, as far as this transport goes.
      if (other.push(Buffer.concat(chunks))) callback();
      else other.#waiting = callback;
    });
  }

  #later(act: () => void): void {
    if (this.#delay === 0) setImmediate(act);
    else setTimeout(act, this.#delay);
  }
}
