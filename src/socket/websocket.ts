import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Close, CloseCode } from '../protocol/close.ts';
import { MAX_FRAGMENTS, MAX_PAYLOAD } from '../protocol/connection.ts';
import type { ProtocolError } from '../protocol/errors.ts';
import type { SendOptions } from '../protocol/frame-writer.ts';
import { MAX_CONTROL_PAYLOAD, Opcode } from '../protocol/opcode.ts';
import type { SendCallback } from '../protocol/outbox.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import { byteLength, toBytes, toPayload } from './data.ts';
import {
  addDomListener,
  type DomEvent,
  type EventListener,
  type EventMap,
  getAttribute,
  removeDomListener,
  setAttribute,
} from './event-target.ts';
import { Link, type LinkOwner } from './link.ts';
import { notOpen, ReadyState } from './ready-state.ts';

/** What 'message' listeners are given instead of a Buffer, by `binaryType`. */
export type BinaryType = 'nodebuffer' | 'arraybuffer';
const BINARY_TYPES: readonly string[] = ['nodebuffer', 'arraybuffer'];

/** Options of a socket, whoever opened it. */
export interface WebSocketOptions {
  /** Most bytes in a received message, 0 for no limit; default 100 MiB. */
  readonly maxPayload?: number | undefined;
  /** Most frames in a received message, 0 for no limit; default 131,072. */
  readonly maxFragments?: number | undefined;
  /** Whether pings are answered by themselves; default true. */
  readonly autoPong?: boolean | undefined;
  /** Milliseconds that a closing handshake may take before the transport is destroyed; default 30,000. */
  readonly closeTimeout?: number | undefined;
  /** Whether received text goes unchecked; default false. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Bytes that may wait before `send` returns false; default 1 MiB. */
  readonly highWaterMark?: number | undefined;
  /** Whether this is the server's end; default true for a socket without an address. */
  readonly isServer?: boolean | undefined;
}

/** How a connection ended, or why it did not end well. */
export interface CloseInfo {
  readonly sent: Close | undefined;
  readonly received: Close | undefined;
  /** Who said Close first; undefined while, or if, nobody did. */
  readonly initiator: 'local' | 'peer' | undefined;
  /** Whether both sides said Close. */
  readonly clean: boolean;
  /** The error that ended the transport or broke the protocol. */
  readonly cause: Error | undefined;
}

/** Whoever dials for a socket that is still connecting. */
export interface Attempt {
  abort(error: Error): void;
}

/** What 'message' listeners are given: a Buffer, for text as well, unless `binaryType` says otherwise. */
export type RawData = Buffer | ArrayBuffer | Buffer[];

export interface WebSocketEvents {
  open: [];
  /** `data` is typed as the Buffer that it is by default; with another `binaryType` it is a `RawData`. */
  message: [data: Buffer, isBinary: boolean];
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /** The transport takes bytes again after `send` had returned false. */
  drain: [];
  /** A client's handshake: the 101 answer, before it is checked. */
  upgrade: [response: IncomingMessage];
  /** A client's handshake: an answer that is neither 101 nor a redirect to follow. A listener takes it over. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /** A client's handshake: a redirect is followed. */
  redirect: [url: string, request: ClientRequest];
  error: [error: Error];
  close: [code: number, reason: Buffer];
}

const EMPTY = Buffer.alloc(0);
const CLOSE_TIMEOUT = 30_000;
const HIGH_WATER_MARK = 1 << 20;

/**
 * One end of a WebSocket connection on a stream, for both roles; it knows no dialling. Its members, events and errors
 * are those of the `ws` package; `send` returning a boolean, 'drain' and `closeInfo` are more than that.
 */
export class WebSocket extends EventEmitter<WebSocketEvents> implements LinkOwner {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  /** What became of the request: the result of the server's `authenticate`, or whatever the application keeps here. */
  declare context: unknown;

  readonly #options: WebSocketOptions;
  #isServer: boolean;
  #link: Link | undefined;
  #attempt: Attempt | undefined;
  #failure: Error | undefined;
  #closed = false;
  #binaryType: BinaryType = 'nodebuffer';
  #protocol = '';
  #initiator: 'local' | 'peer' | undefined;
  /** Bytes passed to `send` when they could not be sent any more: `bufferedAmount` counts them. */
  #unsent = 0;

  /** For a server, or for a stream that is already a WebSocket: call `setSocket` next. */
  constructor(_address: null, _protocols?: undefined, options: WebSocketOptions = {}) {
    super();
    this.#options = options;
    this.#isServer = options.isServer ?? true;
  }

  // State

  get readyState(): ReadyState {
    if (this.#closed) return ReadyState.CLOSED;
    if (this.#failure !== undefined) return ReadyState.CLOSING;
    const link = this.#link;
    if (link === undefined) return ReadyState.CONNECTING;
    return link.ending || link.connection.state !== 'open' ? ReadyState.CLOSING : ReadyState.OPEN;
  }

  /** The subprotocol that was agreed on, or ''. */
  get protocol(): string {
    return this.#protocol;
  }

  get extensions(): string {
    return '';
  }

  /** The address that was dialled; undefined on a server. */
  get url(): string | undefined {
    return undefined;
  }

  /** Whether reading is paused by `pause`. */
  get isPaused(): boolean {
    return this.#link?.paused ?? false;
  }

  /** Bytes that were passed to `send` and are not in the hands of the operating system. */
  get bufferedAmount(): number {
    return this.#unsent + (this.#link?.bufferedAmount ?? 0);
  }

  /** 'nodebuffer' (default) or 'arraybuffer'; anything else is ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  /** How the connection ended; complete when 'close' is emitted. */
  get closeInfo(): CloseInfo {
    const connection = this.#link?.connection;
    const sent = connection?.closeSent;
    const received = connection?.closeReceived;
    const clean = sent !== undefined && received !== undefined;
    return { sent, received, initiator: this.#initiator, clean, cause: this.#failure ?? this.#link?.cause };
  }

  /** Whether anything arrived since this was last set to false: how a heartbeat finds the silent. */
  get heard(): boolean {
    return this.#link?.heard ?? false;
  }

  set heard(value: boolean) {
    if (this.#link !== undefined) this.#link.heard = value;
  }

  /** The stream, for `remoteAddress` and the like; null before the connection is open. As in `ws`. */
  get _socket(): Duplex | null {
    return this.#link?.stream ?? null;
  }

  get _isServer(): boolean {
    return this.#isServer;
  }

  set _isServer(value: boolean) {
    this.#isServer = value;
  }

  // Opening

  /**
   * Speaks WebSocket on a stream from here on; `head` is what arrived behind the handshake. For servers of one's own:
   * `WebSocketServer.handleUpgrade` calls it.
   */
  setSocket(stream: Duplex, head: Buffer, options: WebSocketOptions & { readonly protocol?: string } = {}): void {
    const all = { ...this.#options, ...options };
    this.#attempt = undefined;
    this.#protocol = options.protocol ?? this.#protocol;
    this.#link = new Link(this.#isServer ? 'server' : 'client', stream, head, this, {
      maxPayload: all.maxPayload ?? MAX_PAYLOAD,
      maxFragments: all.maxFragments ?? MAX_FRAGMENTS,
      autoPong: all.autoPong ?? true,
      validateUtf8: all.skipUTF8Validation !== true,
      closeTimeout: all.closeTimeout ?? CLOSE_TIMEOUT,
    });
    this.emit('open');
  }

  /** Says who dials for this socket. */
  protected connecting(attempt: Attempt): void {
    this.#attempt = attempt;
  }

  /** The attempt to connect has failed: 'error', then 'close' 1006. */
  protected connectFailed(error: Error): void {
    if (this.#closed || this.#link !== undefined) return;
    this.#failure = error;
    this.emit('error', error);
    this.#emitClose();
  }

  // Sending

  /**
   * Sends a message: a string as text, everything else as binary, unless `binary` says otherwise. The callback is
   * called when the bytes were handed to the transport, or with an error. Returns false when more than
   * `highWaterMark` bytes wait: 'drain' tells when to go on. Throws while connecting, and a TypeError for data that
   * is no data.
   */
  send(data: unknown, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    if (typeof options === 'function') return this.send(data, undefined, options);
    if (data instanceof PreparedMessage) return this.#sendPrepared(data, callback);
    const payload = toPayload(data);
    const link = this.#openLink(payload, callback);
    if (link === undefined) return false;
    const binary = options?.binary ?? (typeof data !== 'string' && typeof data !== 'number');
    link.connection.writer.message(payload, { ...options, binary }, callback);
    link.sent(payload.length >= 16_384);
    return this.#belowHighWater(link);
  }

  /** Sends a ping of at most 125 bytes. Throws a RangeError for more, and while connecting. */
  ping(data?: unknown, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control(Opcode.Ping, data, mask, callback);
  }

  /** Sends a pong that nobody asked for, of at most 125 bytes. RFC 6455 §5.5.3. */
  pong(data?: unknown, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control(Opcode.Pong, data, mask, callback);
  }

  #control(opcode: Opcode, data: unknown, mask?: boolean | SendCallback, callback?: SendCallback): void {
    if (typeof data === 'function') return this.#control(opcode, undefined, undefined, data as SendCallback);
    if (typeof mask === 'function') return this.#control(opcode, data, undefined, mask);
    const payload = toBytes(data);
    const link = this.#openLink(payload, callback);
    if (link === undefined) return;
    if (payload.byteLength > MAX_CONTROL_PAYLOAD) {
      throw new RangeError('The data size must not be greater than 125 bytes');
    }
    link.connection.writer.control(opcode, payload, mask, callback);
    link.sent(false);
  }

  #sendPrepared(message: PreparedMessage, callback?: SendCallback): boolean {
    const link = this.#openLink(message.data, callback);
    if (link === undefined) return false;
    link.connection.writer.prepared(message, callback);
    link.sent(false);
    return this.#belowHighWater(link);
  }

  /** The link if it is open. Sending while connecting throws; sending too late only tells the callback. */
  #openLink(payload: string | Uint8Array, callback?: SendCallback): Link | undefined {
    const state = this.readyState;
    if (state === ReadyState.OPEN) return this.#link;
    if (state === ReadyState.CONNECTING) throw notOpen(state);
    this.#unsent += byteLength(payload);
    if (callback !== undefined) process.nextTick(callback, notOpen(state));
    return undefined;
  }

  #belowHighWater(link: Link): boolean {
    return link.bufferedAmount <= (this.#options.highWaterMark ?? HIGH_WATER_MARK);
  }

  // Reading

  /** Stops reading: the peer is slowed down by TCP. Does nothing before the connection is open or after its end. */
  pause(): void {
    if (!this.#closed) this.#link?.pause();
  }

  resume(): void {
    if (!this.#closed) this.#link?.resume();
  }

  // The end

  /**
   * Starts the closing handshake; everything sent before is delivered first. While connecting it aborts that: 'error',
   * then 'close' 1006. Throws a TypeError for a code that may not be sent (1000–1014 but 1004–1006, 3000–4999 may) and
   * a RangeError for a reason of more than 123 bytes.
   */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this.#closed || this.#failure !== undefined) return;
    const link = this.#link;
    if (link === undefined) return this.#abort();
    if (link.ending) return;
    link.close(code, reason);
    this.#initiator ??= 'local';
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    if (this.#closed || this.#failure !== undefined) return;
    if (this.#link === undefined) this.#abort();
    else this.#link.terminate();
  }

  #abort(): void {
    if (this.#attempt === undefined) return;
    this.#failure = new Error('WebSocket was closed before the connection was established');
    this.#attempt.abort(this.#failure);
    process.nextTick(() => {
      this.emit('error', this.#failure!);
      this.#emitClose();
    });
  }

  #emitClose(): void {
    this.#closed = true;
    const close = this.#link?.connection.closeReceived;
    this.emit('close', close?.code ?? CloseCode.Abnormal, close?.reason ?? EMPTY);
  }

  // What the link tells. Not for callers.

  /** @internal */
  onMessage(bytes: Buffer, start: number, end: number, isBinary: boolean, _isAscii: boolean): void {
    const data = bytes.subarray(start, end);
    const shaped: RawData = this.#binaryType === 'arraybuffer' && isBinary ? toArrayBuffer(data) : data;
    this.emit('message', shaped as Buffer, isBinary);
  }

  /** @internal */
  onPing(payload: Buffer): void {
    this.emit('ping', payload);
  }

  /** @internal */
  onPong(payload: Buffer): void {
    this.emit('pong', payload);
  }

  /** @internal */
  onProtocolError(error: ProtocolError): void {
    this.#link!.cause ??= error;
    this.#initiator ??= 'local';
    this.emitError(error);
  }

  /** @internal */
  onClosing(): void {
    this.#initiator ??= 'peer';
  }

  /** @internal */
  onDrain(): void {
    this.emit('drain');
  }

  /** @internal */
  onTransportClosed(): void {
    this.#emitClose();
  }

  /**
   * An 'error' that nobody listens to ends the process, as Node's emitters do; on a server's socket it must not: one
   * bad peer would end everybody. There it goes to 'socketError' of the server, which sets `unheardError`.
   */
  protected emitError(error: Error): void {
    if (this.#isServer && this.listenerCount('error') === 0) this.unheardError?.(error);
    else this.emit('error', error);
  }

  /** @internal Where the server hears of errors that nobody listens to. */
  declare unheardError: ((error: Error) => void) | undefined;

  // The WHATWG side

  addEventListener<Type extends DomEvent>(
    type: Type,
    listener: EventListener<EventMap<WebSocket>[Type]>,
    options?: { readonly once?: boolean } | boolean,
  ): void {
    addDomListener(this, type, listener, typeof options === 'object' ? { once: options?.once === true } : {});
  }

  removeEventListener<Type extends DomEvent>(type: Type, listener: EventListener<EventMap<WebSocket>[Type]>): void {
    removeDomListener(this, type, listener);
  }

  get onopen(): ((event: EventMap<WebSocket>['open']) => void) | null {
    return getAttribute(this, 'open') as never;
  }

  set onopen(listener: ((event: EventMap<WebSocket>['open']) => void) | null) {
    setAttribute(this, 'open', listener);
  }

  get onmessage(): ((event: EventMap<WebSocket>['message']) => void) | null {
    return getAttribute(this, 'message') as never;
  }

  set onmessage(listener: ((event: EventMap<WebSocket>['message']) => void) | null) {
    setAttribute(this, 'message', listener);
  }

  get onerror(): ((event: EventMap<WebSocket>['error']) => void) | null {
    return getAttribute(this, 'error') as never;
  }

  set onerror(listener: ((event: EventMap<WebSocket>['error']) => void) | null) {
    setAttribute(this, 'error', listener);
  }

  get onclose(): ((event: EventMap<WebSocket>['close']) => void) | null {
    return getAttribute(this, 'close') as never;
  }

  set onclose(listener: ((event: EventMap<WebSocket>['close']) => void) | null) {
    setAttribute(this, 'close', listener);
  }
}

function toArrayBuffer(data: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(data.byteLength);
  new Uint8Array(copy).set(data);
  return copy;
}

for (const [name, value] of Object.entries(ReadyState)) {
  const constant = { enumerable: true, value };
  Object.defineProperty(WebSocket, name, constant);
  Object.defineProperty(WebSocket.prototype, name, constant);
}

// The attributes show when a socket is looped over, as the interface's do.
for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(WebSocket.prototype))) {
  if (descriptor.get !== undefined && !name.startsWith('_') && name !== 'heard') {
    Object.defineProperty(WebSocket.prototype, name, { ...descriptor, enumerable: true });
  }
}
