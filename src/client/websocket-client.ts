import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createKey } from '../protocol/accept.ts';
import { encodeUpgradeHeaders, validateUpgradeResponse } from '../protocol/client-handshake.ts';
import { confirmDeflate, offerDeflate } from '../protocol/deflate-negotiation.ts';
import type { PerMessageDeflateOptions } from '../protocol/deflate-options.ts';
import type { DeflateParams } from '../protocol/deflate-parameters.ts';
import { checkSubprotocols } from '../protocol/subprotocol.ts';
import { MessageIterator } from '../socket/async-iteration.ts';
import { checkOptions } from '../socket/check-options.ts';
import { showAccessors } from '../socket/event-target.ts';
import { createDeflate, deflateOptions } from '../socket/deflate.ts';
import { notOpen, ReadyState } from '../socket/ready-state.ts';
import type { Attempt, MessageOptions, Negotiated } from '../socket/types.ts';
import { untilClosed, untilDrained } from '../socket/until.ts';
import { WebSocket } from '../socket/websocket.ts';
import { type Address, parseAddress } from './address.ts';
import { untilOpen } from './connect.ts';
import { dial } from './dial.ts';
import type { ClientOptions } from './options.ts';
import { lowerCaseNames, mayShareCredentials, withoutCredentials } from './redirects.ts';

const MAX_REDIRECTS = 10;

/**
 * A WebSocket that dials (RFC 6455 §4.1), with the members, events and errors of the class of the `ws` package. It is
 * also the class of a server's sockets: with `null` for the address it waits for `setSocket`.
 */
export class WebSocketClient extends WebSocket implements Attempt {
  #address: Address | undefined;
  #first: Address | undefined;
  #protocols: readonly string[] = [];
  #clientOptions: ClientOptions = {};
  #deflateOptions: PerMessageDeflateOptions | undefined;
  #request: ClientRequest | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #redirects = 0;
  #onAbort: (() => void) | undefined;

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
    this.#protocols = toList(protocols === undefined ? options?.protocols : (protocols as string));
    this.#clientOptions = options ?? {};
    this.#deflateOptions = deflateOptions(options?.perMessageDeflate ?? true);
    this.#start(address);
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
    return this.#address?.href;
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

  /** Ends the attempt to connect; `close` and `terminate` call it. @internal */
  abort(_error: Error): void {
    this.#endAttempt();
    this.#request?.destroy();
    this.#request?.socket?.destroy();
  }

  #start(url: string | URL): void {
    const { protocolVersion = 13, handshakeTimeout, signal } = this.#clientOptions;
    if (protocolVersion !== 13 && protocolVersion !== 8) {
      throw new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`);
    }
    const address = parseAddress(url);
    checkSubprotocols(this.#protocols);
    checkOptions(this.#clientOptions);
    this.connecting(this);
    this.#dial(address);
    if (handshakeTimeout) {
      this.#deadline = setTimeout(() => this.#fail(new Error('Opening handshake has timed out')), handshakeTimeout);
    }
    if (signal !== undefined) this.#obey(signal);
  }

  #obey(signal: AbortSignal): void {
    const onAbort = (): void => this.#fail(toError(signal.reason));
    if (signal.aborted) {
      process.nextTick(onAbort);
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#onAbort = () => signal.removeEventListener('abort', onAbort);
  }

  #dial(address: Address): void {
    const options = this.#clientOptions;
    this.#address = address;
    this.#first ??= address;
    const key = createKey();
    const headers = {
      ...this.#userHeaders(address),
      ...encodeUpgradeHeaders({
        key,
        version: options.protocolVersion ?? 13,
        protocols: this.#protocols,
        extensions: this.#deflateOptions === undefined ? [] : [offerDeflate(this.#deflateOptions)],
        origin: options.origin,
      }),
    };
    const request = dial(address, headers, this.#auth(address), options);
    this.#request = request;
    if (this.#redirects > 0) this.emit('redirect', address.href, request);
    request.on('error', (error) => {
      if (request === this.#request) this.#fail(error);
    });
    request.on('response', (response) => this.#onResponse(request, response));
    request.on('upgrade', (response, stream, head) => this.#onUpgrade(key, response, stream, head));
    if (options.finishRequest) options.finishRequest(request, this);
    else request.end();
  }

  /** The user's headers, as far as this address may see them. */
  #userHeaders(address: Address): Record<string, unknown> {
    const { headers, followRedirects } = this.#clientOptions;
    if (!followRedirects) return { ...(headers as object) };
    const mine = lowerCaseNames(headers);
    if (this.#mayShow(address)) return mine;
    return withoutCredentials(mine, address.authority === this.#first!.authority);
  }

  #auth(address: Address): string | undefined {
    if (!this.#mayShow(address)) return undefined;
    return address.auth ?? this.#first?.auth ?? this.#clientOptions.auth ?? undefined;
  }

  /** With a listener of 'redirect' the user decides; without, credentials stay with the first host. */
  #mayShow(address: Address): boolean {
    return this.#redirects === 0 || this.listenerCount('redirect') > 0 || mayShareCredentials(this.#first!, address);
  }

  #onResponse(request: ClientRequest, response: IncomingMessage): void {
    const { location } = response.headers;
    const { statusCode = 0 } = response;
    const { followRedirects, maxRedirects = MAX_REDIRECTS } = this.#clientOptions;
    if (location && followRedirects && statusCode >= 300 && statusCode < 400) {
      if (++this.#redirects > maxRedirects) return this.#fail(new Error('Maximum redirects exceeded'));
      this.#request = undefined;
      request.on('error', () => {});
      request.destroy();
      return this.#follow(location);
    }
    if (!this.emit('unexpected-response', request, response)) {
      this.#fail(new Error(`Unexpected server response: ${statusCode}`));
    }
  }

  #follow(location: string): void {
    let next: Address;
    try {
      next = parseAddress(location, this.#address!.href);
    } catch (error) {
      return this.#fail(toError(error));
    }
    this.#dial(next);
  }

  #onUpgrade(key: string, response: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.emit('upgrade', response);
    // A listener may have closed the socket.
    if (this.readyState !== WebSocket.CONNECTING) {
      stream.destroy();
      return;
    }
    let negotiated: Negotiated;
    try {
      negotiated = this.#negotiate(key, response);
    } catch (error) {
      stream.on('error', () => {});
      stream.destroy();
      return this.#fail(toError(error));
    }
    this.#endAttempt();
    this.#request = undefined;
    this.setSocket(stream, head, negotiated);
  }

  /** Throws an Error that says what is wrong with the answer. */
  #negotiate(key: string, response: IncomingMessage): Negotiated {
    const options = this.#deflateOptions;
    const offered = options === undefined ? [] : [offerDeflate(options)];
    const agreed = validateUpgradeResponse(response, { key, protocols: this.#protocols, extensions: offered });
    const [extension] = agreed.extensions;
    if (extension === undefined) return { protocol: agreed.protocol };
    let params: DeflateParams;
    try {
      params = confirmDeflate(extension, options);
    } catch (cause) {
      throw new Error('Invalid Sec-WebSocket-Extensions header', { cause });
    }
    return { protocol: agreed.protocol, deflate: createDeflate('client', params, options) };
  }

  #fail(error: Error): void {
    const request = this.#request;
    this.#request = undefined;
    this.#endAttempt();
    request?.destroy();
    request?.socket?.destroy();
    this.connectFailed(error);
  }

  #endAttempt(): void {
    clearTimeout(this.#deadline);
    this.#onAbort?.();
    this.#onAbort = undefined;
  }
}

showAccessors(WebSocketClient.prototype);

function toList(protocols: string | readonly string[] | null | undefined): readonly string[] {
  if (protocols === undefined) return [];
  return Array.isArray(protocols) ? protocols : [protocols as string];
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
