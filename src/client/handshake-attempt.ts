import type { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createKey } from '../protocol/accept.ts';
import { encodeUpgradeHeaders, validateUpgradeResponse } from '../protocol/client-handshake.ts';
import { confirmDeflate, offerDeflate } from '../protocol/deflate-negotiation.ts';
import type { PerMessageDeflateOptions } from '../protocol/deflate-options.ts';
import type { DeflateParams } from '../protocol/deflate-parameters.ts';
import { checkSubprotocols } from '../protocol/subprotocol.ts';
import { checkOptions } from '../socket/check-options.ts';
import { createDeflate, deflateOptions } from '../socket/deflate.ts';
import { ReadyState } from '../socket/ready-state.ts';
import type { Attempt, Negotiated, WebSocketEvents } from '../socket/types.ts';
import { type Address, parseAddress } from './address.ts';
import { dial } from './dial.ts';
import type { ClientOptions } from './options.ts';
import { lowerCaseNames, mayShareCredentials, withoutCredentials } from './redirects.ts';

const MAX_REDIRECTS = 10;

/** The socket that is to be opened: its listeners are asked, and shown what comes. */
export interface ConnectingSocket extends EventEmitter<WebSocketEvents> {
  readonly readyState: number;
}

/** What becomes of an attempt: one of these, once. */
export interface Outcome {
  opened(stream: Duplex, head: Buffer, negotiated: Negotiated): void;
  failed(error: Error): void;
  /** The signal wants it to end: it is to be aborted with this error. */
  unwanted(error: Error): void;
}

/**
 * The opening handshake of a client (RFC 6455 §4.1), from dialling to the answer: redirects, the deadline, the signal
 * and what was offered are its own, and are gone with it.
 */
export class HandshakeAttempt implements Attempt {
  readonly #socket: ConnectingSocket;
  readonly #outcome: Outcome;
  readonly #options: ClientOptions;
  readonly #protocols: readonly string[];
  readonly #deflateOptions: PerMessageDeflateOptions | undefined;
  readonly #first: Address;
  #address: Address;
  #request: ClientRequest | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #redirects = 0;
  #onAbort: (() => void) | undefined;

  /**
   * Dials nothing yet. Throws a SyntaxError for an address that is none, or subprotocols that are none; a RangeError or
   * TypeError for options that are out of range.
   */
  constructor(
    socket: ConnectingSocket,
    address: string | URL,
    protocols: readonly string[],
    options: ClientOptions,
    outcome: Outcome,
  ) {
    const { protocolVersion = 13 } = options;
    if (protocolVersion !== 13 && protocolVersion !== 8) {
      throw new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`);
    }
    this.#socket = socket;
    this.#outcome = outcome;
    this.#options = options;
    this.#protocols = protocols;
    this.#first = parseAddress(address);
    this.#address = this.#first;
    checkSubprotocols(protocols);
    checkOptions(options);
    const { perMessageDeflate = true } = options;
    this.#deflateOptions = deflateOptions(perMessageDeflate);
  }

  /** The address that is dialled, or was dialled last. */
  get url(): string {
    return this.#address.href;
  }

  start(): void {
    const { handshakeTimeout, signal } = this.#options;
    if (signal?.aborted) return this.#outcome.unwanted(toError(signal.reason));
    this.#dial(this.#first);
    if (handshakeTimeout) {
      this.#deadline = setTimeout(() => this.#fail(new Error('Opening handshake has timed out')), handshakeTimeout);
    }
    if (signal) this.#obey(signal);
  }

  /** Ends the attempt without an outcome: whoever calls it knows. */
  abort(): void {
    this.#end();
    this.#request?.destroy();
    this.#request?.socket?.destroy();
  }

  #obey(signal: AbortSignal): void {
    const onAbort = (): void => this.#outcome.unwanted(toError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#onAbort = () => signal.removeEventListener('abort', onAbort);
  }

  #dial(address: Address): void {
    const options = this.#options;
    this.#address = address;
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
    if (this.#redirects > 0) this.#socket.emit('redirect', address.href, request);
    request.on('error', (error) => {
      if (request === this.#request) this.#fail(error);
    });
    request.on('response', (response) => this.#onResponse(request, response));
    request.on('upgrade', (response, stream, head) => this.#onUpgrade(key, response, stream, head));
    if (options.finishRequest) options.finishRequest(request, this.#socket);
    else request.end();
  }

  /** The user's headers, as far as this address may see them. */
  #userHeaders(address: Address): Record<string, unknown> {
    const { headers } = this.#options;
    if (this.#redirects === 0) return { ...(headers as object) };
    const mine = lowerCaseNames(headers);
    if (this.#mayShow(address)) return mine;
    return withoutCredentials(mine, address.authority === this.#first.authority);
  }

  #auth(address: Address): string | undefined {
    if (!this.#mayShow(address)) return undefined;
    // What the user said wins over what a redirect says.
    return this.#first.auth || this.#options.auth || address.auth;
  }

  /** With a listener of 'redirect' the user decides; without, credentials stay with the first host. */
  #mayShow(address: Address): boolean {
    return (
      this.#redirects === 0 || this.#socket.listenerCount('redirect') > 0 || mayShareCredentials(this.#first, address)
    );
  }

  #onResponse(request: ClientRequest, response: IncomingMessage): void {
    const { location } = response.headers;
    const { statusCode = 0 } = response;
    const { followRedirects, maxRedirects = MAX_REDIRECTS } = this.#options;
    if (location && followRedirects && statusCode >= 300 && statusCode < 400) {
      if (++this.#redirects > maxRedirects) return this.#fail(new Error('Maximum redirects exceeded'));
      this.#request = undefined;
      request.on('error', () => {});
      request.destroy();
      return this.#follow(location);
    }
    if (!this.#socket.emit('unexpected-response', request, response)) {
      this.#fail(new Error(`Unexpected server response: ${statusCode}`));
    }
  }

  #follow(location: string): void {
    let next: Address;
    try {
      next = parseAddress(location, this.#address.href);
    } catch (error) {
      return this.#fail(toError(error));
    }
    this.#dial(next);
  }

  #onUpgrade(key: string, response: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#socket.emit('upgrade', response);
    // A listener may have closed the socket.
    if (this.#socket.readyState !== ReadyState.CONNECTING) {
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
    this.#end();
    this.#request = undefined;
    this.#outcome.opened(stream, head, negotiated);
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
    this.#end();
    request?.destroy();
    request?.socket?.destroy();
    this.#outcome.failed(error);
  }

  #end(): void {
    clearTimeout(this.#deadline);
    this.#onAbort?.();
    this.#onAbort = undefined;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
