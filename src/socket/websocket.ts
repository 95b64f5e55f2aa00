import type { Duplex } from 'node:stream';
import { CloseCode } from '../protocol/close.ts';
import { PERMESSAGE_DEFLATE } from '../protocol/deflate-parameters.ts';
import { BY_REFERENCE } from '../protocol/frame-encoder.ts';
import { MAX_CONTROL_PAYLOAD, Opcode } from '../protocol/opcode.ts';
import type { SendCallback } from '../protocol/outbox.ts';
import type { PerMessageDeflate } from '../protocol/permessage-deflate.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import { isBinaryType, shapeBinary } from './binary-type.ts';
import { byteLength, toBytes, toPayload } from './data.ts';
import { DomEmitter } from './dom-emitter.ts';
import { showAccessors } from './event-target.ts';
import { tellMessage } from './hearers.ts';
import { toLinkOptions } from './link-options.ts';
import type { LinkOwner } from './link-types.ts';
import { Link } from './link.ts';
import { readBlob } from './read-blob.ts';
import { closedEarly, notOpen, ReadyState } from './ready-state.ts';
import type { Attempt, BinaryType, CloseInfo, Keeper, MessageOptions, Negotiated, WebSocketOptions } from './types.ts';
import type { WriteSide } from './write-side.ts';

const EMPTY = Buffer.alloc(0);

/**
 * One end of a WebSocket connection on a stream, for both roles; it knows no dialling. Its members, events and errors
 * are those of the `ws` package; `send` returning a boolean, 'drain' and `closeInfo` are more than that.
 */
export class WebSocket extends DomEmitter<WebSocket> implements LinkOwner {
  /** @internal The server that has it. */
  declare keeper: Keeper | undefined;
  /** What became of the request: the result of the server's `authenticate`, or whatever the application keeps here. */
  declare context: unknown;

  // What every `send` needs comes first: in a broadcast, memory that is not in the cache is most of the cost.
  /** What is sent leaves through it, once the connection is open. */
  #out: WriteSide | undefined;
  #link: Link | undefined;
  readonly #options: WebSocketOptions;
  #isServer: boolean;
  #attempt: Attempt | undefined;
  #failure: Error | undefined;
  #closed = false;
  #binaryType: BinaryType = 'nodebuffer';
  #protocol = '';
  #deflate: PerMessageDeflate | undefined;
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

  /** CONNECTING (0), OPEN (1), CLOSING (2) or CLOSED (3), derived from what has happened. */
  get readyState(): ReadyState {
    if (this.#closed) return ReadyState.CLOSED;
    if (this.#failure !== undefined) return ReadyState.CLOSING;
    const link = this.#link;
    if (link === undefined) return ReadyState.CONNECTING;
    return link.isOpen ? ReadyState.OPEN : ReadyState.CLOSING;
  }

  /** The subprotocol that was agreed on, or ''. */
  get protocol(): string {
    return this.#protocol;
  }

  /** 'permessage-deflate' if messages may be compressed, else ''. */
  get extensions(): string {
    return this.#deflate === undefined ? '' : PERMESSAGE_DEFLATE;
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
    return this.#unsent + (this.#out?.bufferedAmount ?? 0);
  }

  /** 'nodebuffer' (default), 'arraybuffer', 'fragments' or 'blob'; anything else is ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (!isBinaryType(type)) return;
    this.#binaryType = type;
    this.#link?.connection.reader.keepFragmentEnds(type === 'fragments');
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
  setSocket(stream: Duplex, head: Buffer, options: WebSocketOptions & Negotiated = {}): void {
    this.#attempt = undefined;
    this.#protocol = options.protocol ?? '';
    this.#deflate = options.deflate;
    const role = this.#isServer ? 'server' : 'client';
    this.#link = new Link(role, stream, head, this, toLinkOptions(options, this.#options, this.#binaryType));
    this.#out = this.#link.out;
    this.emit('open');
  }

  /** Says who dials for this socket. */
  protected connecting(attempt: Attempt): void {
    this.#attempt = attempt;
  }

  /** The attempt to connect has failed: 'error', then 'close' 1006. */
  protected connectFailed(error: Error): void {
    if (this.#failure !== undefined || this.#link !== undefined) return;
    this.#failure = error;
    this.#emitFailure();
  }

  // Sending

  /**
   * Sends a message: a string as text, everything else as binary, unless `binary` says otherwise. The callback is
   * called when the bytes were handed to the transport, or with an error. Returns false when more than
   * `highWaterMark` bytes wait: 'drain' tells when to go on. Throws while connecting; a TypeError for what is no data.
   */
  send(data: unknown, options?: MessageOptions | SendCallback, callback?: SendCallback): boolean {
    if (typeof options === 'function') return this.send(data, undefined, options);
    if (typeof data === 'string') return this.#sendMessage(data, false, options, callback);
    if (data instanceof Uint8Array) return this.#sendMessage(data, true, options, callback);
    if (data instanceof PreparedMessage) return this.#sendPrepared(data, callback);
    if (data instanceof Blob) return this.#sendBlob(data, options, callback);
    return this.#sendMessage(toPayload(data), typeof data !== 'number', options, callback);
  }

  #sendMessage(
    data: string | Uint8Array,
    isBinary: boolean,
    options?: MessageOptions,
    callback?: SendCallback,
  ): boolean {
    const out = this.#openOut(data, callback);
    if (out === undefined) return false;
    out.message(data, options?.binary ?? isBinary, options, callback);
    out.sent(data.length >= BY_REFERENCE);
    return out.takesMore();
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
    const payload = data instanceof Blob && this.readyState !== ReadyState.OPEN ? data.size : toBytes(data);
    const out = this.#openOut(payload, callback);
    if (out === undefined || typeof payload === 'number') return;
    if (payload.byteLength > MAX_CONTROL_PAYLOAD) {
      throw new RangeError('The data size must not be greater than 125 bytes');
    }
    out.control(opcode, payload, mask, callback);
    out.sent(false);
  }

  #sendPrepared(message: PreparedMessage, callback?: SendCallback): boolean {
    if (callback === undefined && this.#out?.isUnhindered) return this.#out.add(message);
    const out = this.#openOut(message.data, callback);
    if (out === undefined) return false;
    out.prepared(message, callback);
    out.sent(false);
    return out.takesMore();
  }

  /** What is sent after a Blob waits until it has been read. */
  #sendBlob(blob: Blob, options?: MessageOptions, callback?: SendCallback): boolean {
    const out = this.#openOut(blob.size, callback);
    if (out === undefined) return false;
    out.messageLater(blob.size, readBlob(blob), options?.binary ?? true, options, callback);
    return out.takesMore();
  }

  /** Whether `send` would return true; if not, 'drain' follows. */
  protected hasRoom(): boolean {
    return this.#out?.takesMore() ?? false;
  }

  /** Where to send, if that is open. Sending while connecting throws; sending too late only tells the callback. */
  #openOut(payload: string | Uint8Array | number, callback?: SendCallback): WriteSide | undefined {
    if (this.#out?.isOpen) return this.#out;
    const state = this.readyState;
    if (state === ReadyState.CONNECTING) throw notOpen(state);
    this.#unsent += typeof payload === 'number' ? payload : byteLength(payload);
    if (callback !== undefined) process.nextTick(callback, notOpen(state));
    return undefined;
  }

  // Reading

  /** Stops reading: the peer is slowed down by TCP. Does nothing before the connection is open or after its end. */
  pause(): void {
    if (!this.#closed) this.#link?.pause();
  }

  /** Goes on reading, with what arrived meanwhile first, when the caller has returned. */
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
    if (link === undefined) return this.abortConnecting(closedEarly());
    if (link.ending) return;
    link.close(code, reason);
    this.#initiator ??= 'local';
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    if (this.#closed || this.#failure !== undefined) return;
    if (this.#link === undefined) this.abortConnecting(closedEarly());
    else this.#link.terminate();
  }

  /** Gives up connecting. What `connectFailed` tells at once is told later: whoever does this may not listen yet. */
  protected abortConnecting(error: Error): void {
    if (this.#attempt === undefined || this.#failure !== undefined) return;
    this.#failure = error;
    this.#attempt.abort();
    process.nextTick(() => this.#emitFailure());
  }

  #emitFailure(): void {
    this.emit('error', this.#failure!);
    this.#emitClose();
  }

  #emitClose(): void {
    this.#closed = true;
    this.keeper?.closed();
    const close = this.#link?.connection.closeReceived;
    this.emit('close', close?.code ?? CloseCode.Abnormal, close?.reason ?? EMPTY);
  }

  // What the link tells. Not for callers.

  /** @internal */
  onMessage(bytes: Buffer, start: number, end: number, isBinary: boolean): void {
    const { reader } = this.#link!.connection;
    const data = reader.keep(bytes, start, end);
    if (!isBinary || this.#binaryType === 'nodebuffer') tellMessage(this, data, isBinary);
    else tellMessage(this, shapeBinary(this.#binaryType, data, reader.takeFragmentEnds()), isBinary);
  }

  /** @internal */
  onControl(kind: 'ping' | 'pong', payload: Buffer): void {
    this.emit(kind, payload);
  }

  /** @internal */
  onProtocolError(error: Error): void {
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
   * bad peer would end everybody. There it goes to 'socketError' of the server.
   */
  protected emitError(error: Error): void {
    if (this.#isServer && this.listenerCount('error') === 0) this.keeper?.unheardError(error);
    else this.emit('error', error);
  }
}

showAccessors(WebSocket.prototype);
