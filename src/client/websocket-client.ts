import { MessageIterator } from '../socket/async-iteration.ts';
import { showAccessors } from '../socket/event-target.ts';
import { notOpen, ReadyState } from '../socket/ready-state.ts';
import type { MessageOptions } from '../socket/types.ts';
import { untilClosed, untilDrained } from '../socket/until.ts';
import { WebSocket } from '../socket/websocket.ts';
import { untilOpen } from './connect.ts';
import { HandshakeAttempt } from './handshake-attempt.ts';
import type { ClientOptions } from './options.ts';

/**
 * A WebSocket that dials (RFC 6455 §4.1), with the members, events and errors of the class of the `ws` package. It is
 * also the class of a server's sockets: with `null` for the address it waits for `setSocket`.
 */
export class WebSocketClient extends WebSocket {
  #attempt: HandshakeAttempt | undefined;

  /**
   * Dials at once. Throws a SyntaxError for an address that is none, or subprotocols that are none; a RangeError for
   * a `protocolVersion` other than 8 and 13.
   */
  constructor(address: null, protocols?: undefined, options?: ClientOptions & { isServer?: boolean | undefined });
  constructor(address: string | URL, options?: ClientOptions);
  constructor(address: string | URL, protocols?: string | readonly string[], options?: ClientOptions);
  constructor(
    address: string | URL | null,
    protocolsOrOptions?: string | readonly string[] | ClientOptions | null,
    maybeOptions?: ClientOptions & { isServer?: boolean | undefined },
  ) {
    const isOptions =
      typeof protocolsOrOptions === 'object' && protocolsOrOptions !== null && !Array.isArray(protocolsOrOptions);
    const options = (isOptions ? protocolsOrOptions : maybeOptions) as
      (ClientOptions & { isServer?: boolean | undefined }) | undefined;
    super(null, undefined, address === null ? options : { ...options, isServer: false });
    if (address === null) return;
    const protocols = (isOptions ? undefined : protocolsOrOptions) ?? (protocolsOrOptions === null ? null : undefined);
    const list = toList(protocols === undefined ? options?.protocols : (protocols as string));
    this.#attempt = new HandshakeAttempt(this, address, list, options ?? {}, {
      opened: (stream, head, negotiated) => this.setSocket(stream, head, negotiated),
      failed: (error) => this.connectFailed(error),
      unwanted: (error) => this.abortConnecting(error),
    });
    this.connecting(this.#attempt);
    this.#attempt.start();
  }

  /**
   * Dials, and resolves when the connection is open. Rejects with what the constructor throws, with the 'error' of the
   * attempt, and with the reason of `signal` if that is aborted before.
   */
  static async connect<Socket extends WebSocketClient>(
    this: new (address: string | URL, options?: ClientOptions) => Socket,
    address: string | URL,
    options?: ClientOptions,
  ): Promise<Socket> {
    return untilOpen(new this(address, options));
  }

  override get url(): string | undefined {
    return this.#attempt?.url;
  }

  /**
   * Resolves when no more waits than the high-water mark: at once, or with 'drain'. Rejects if the socket is not open
   * or closes, and with the reason of `signal`.
   */
  async drained({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.readyState !== ReadyState.OPEN) throw notOpen(this.readyState);
    if (!this.hasRoom()) await untilDrained(this, signal);
  }

  /** Sends, and waits as `drained` does. Nothing is sent if the signal is aborted already. */
  async sendAsync(
    data: unknown,
    { signal, ...options }: MessageOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    this.send(data, options);
    await this.drained({ signal });
  }

  /** The messages from now on: `for await (const message of ws)`. Nothing more is read while the loop is busy. */
  [Symbol.asyncIterator](): MessageIterator {
    return new MessageIterator(this);
  }

  /** For `await using`: closes, and resolves when it is closed. */
  [Symbol.asyncDispose](): Promise<void> {
    return untilClosed(this);
  }
}

showAccessors(WebSocketClient.prototype);

function toList(protocols: string | readonly string[] | null | undefined): readonly string[] {
  if (protocols === undefined) return [];
  return Array.isArray(protocols) ? protocols : [protocols as string];
}
