import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server as HttpServer, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptDeflate } from '../protocol/deflate-negotiation.ts';
import type { PerMessageDeflateOptions } from '../protocol/deflate-options.ts';
import { HandshakeError } from '../protocol/errors.ts';
import { encodeUpgradeResponse, type Upgrade, validateUpgrade } from '../protocol/server-handshake.ts';
import { createDeflate, deflateOptions } from '../socket/deflate.ts';
import { isLinked } from '../socket/link.ts';
import { WebSocket } from '../socket/websocket.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ServerOptions, VerifyCallback } from './options.ts';
import { isAllowedOrigin } from './origins.ts';
import { refuse, toHandshakeError } from './refuse.ts';
import { shareUpgrades } from './upgrade-dispatcher.ts';

/** Called with the open socket, before anything is read from it. */
export type UpgradeCallback = (ws: WebSocket, request: IncomingMessage) => void;

export interface WebSocketServerEvents {
  connection: [ws: WebSocket, request: IncomingMessage];
  headers: [lines: string[], request: IncomingMessage];
  listening: [];
  error: [error: Error];
  close: [];
  wsClientError: [error: Error, stream: Duplex, request: IncomingMessage];
  /** An error of a socket on which nobody listens to 'error'. */
  socketError: [error: Error, ws: WebSocket, request: IncomingMessage];
}

const HANDSHAKE_TIMEOUT = 10_000;

type State = 'running' | 'closing' | 'closed';

/**
 * Accepts WebSocket connections on an HTTP server: one of its own (`port`), a given one (`server`), or whichever its
 * user takes upgrades from (`noServer`). Options, events and methods are those of the `ws` package, and more.
 */
export class WebSocketServer extends EventEmitter<WebSocketServerEvents> {
  /** What was given, with defaults. `handleProtocols` and `verifyClient` may be set later. */
  readonly options: ServerOptions;
  /** All open sockets; undefined with `clientTracking: false`. */
  declare readonly clients: Set<WebSocket>;

  #state: State = 'running';
  #server: HttpServer | undefined;
  #detach: (() => void) | undefined;
  #heartbeat: Heartbeat | undefined;
  #closeWhenEmpty = false;
  readonly #deflateOptions: PerMessageDeflateOptions | undefined;

  /**
   * The callback is called when an own server listens. Throws a TypeError unless exactly one of `port`, `server` and
   * `noServer` is given.
   */
  constructor(options: ServerOptions, callback?: () => void) {
    super();
    const { port, server, noServer = false, clientTracking = true } = options;
    if ([port !== undefined && port !== null, Boolean(server), noServer].filter(Boolean).length !== 1) {
      throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
    }
    this.options = { clientTracking, handshakeTimeout: HANDSHAKE_TIMEOUT, WebSocket, ...options };
    this.#deflateOptions = deflateOptions(options.perMessageDeflate ?? false);
    if (clientTracking) (this as { clients: Set<WebSocket> }).clients = new Set();
    if (options.heartbeat !== undefined) {
      if (!clientTracking) throw new TypeError('heartbeat needs clientTracking');
      this.#heartbeat = new Heartbeat(() => this.clients, options.heartbeat);
    }
    if (server) this.#attach(server as HttpServer);
    else if (!noServer) this.#listen(callback);
  }

  /** The address of the server, as `net.Server.address` has it; null when closed. Throws with `noServer`. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#server?.address() ?? null;
  }

  /** Whether a request is for this server, by `path`; may be overridden. */
  shouldHandle(request: IncomingMessage): boolean {
    const { path } = this.options;
    if (!path) return true;
    const url = request.url ?? '';
    const query = url.indexOf('?');
    return (query === -1 ? url : url.slice(0, query)) === path;
  }

  // The opening handshake, RFC 6455 §4.2

  /** Answers one upgrade. `head` is what arrived behind the request. The callback is called if it is accepted. */
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer, callback: UpgradeCallback): void {
    stream.on('error', destroy);
    let upgrade: Upgrade;
    try {
      upgrade = validateUpgrade(request);
      if (!this.shouldHandle(request)) throw new HandshakeError(400, 'Bad Request');
    } catch (error) {
      return this.#refuseRequest(request, stream, toHandshakeError(error));
    }
    const finish = this.#withDeadline((error, context) => {
      if (error !== undefined) refuse(stream, error);
      else this.#accept({ upgrade, request, stream, head, context, callback });
    });
    this.#verify(upgrade, request, finish);
  }

  /** Hooks may take their time, or never answer: the handshake has one deadline, and one outcome. */
  #withDeadline(done: Verified): Verified {
    const { verifyClient, authenticate, handshakeTimeout } = this.options;
    if (authenticate === undefined && verifyClient?.length !== 2) return done;
    let settled = false;
    const finish: Verified = (error, context) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      done(error, context);
    };
    const timer = setTimeout(() => finish(new HandshakeError(503, 'Handshake timed out')), handshakeTimeout);
    timer.unref();
    return finish;
  }

  #verify(upgrade: Upgrade, request: IncomingMessage, done: Verified): void {
    const { origins, verifyClient } = this.options;
    if (origins !== undefined && !isAllowedOrigin(upgrade.origin, origins)) {
      return done(new HandshakeError(403, 'Forbidden'));
    }
    const authenticate = () => this.#authenticate(request, done);
    if (!verifyClient) return authenticate();

    const stream = request.socket as { authorized?: boolean; encrypted?: boolean };
    const info = { origin: upgrade.origin, secure: Boolean(stream.authorized ?? stream.encrypted), req: request };
    const answer: VerifyCallback = (verified, status = 401, message = STATUS_CODES[status] ?? '', headers = {}) => {
      if (verified) authenticate();
      else done(new HandshakeError(status, message, headers));
    };
    if (verifyClient.length === 2) verifyClient(info, answer);
    else answer((verifyClient as (info: unknown) => boolean)(info));
  }

  #authenticate(request: IncomingMessage, done: Verified): void {
    const { authenticate } = this.options;
    if (authenticate === undefined) return done();
    Promise.resolve(request)
      .then(authenticate)
      .then(
        (context) => done(undefined, context),
        (error: unknown) => done(toHandshakeError(error)),
      );
  }

  #accept(handshake: Handshake): void {
    const { upgrade, request, stream, head, context, callback } = handshake;
    if (isLinked(stream)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    if (!stream.readable || !stream.writable) {
      stream.destroy();
      return;
    }
    if (this.#state !== 'running') return refuse(stream, new HandshakeError(503, 'Service Unavailable'));

    const ws = new (this.options.WebSocket ?? WebSocket)(null, undefined, { ...this.options, isServer: true });
    const protocol = this.#pickProtocol(upgrade, request) || undefined;
    const accepted = this.#deflateOptions && acceptDeflate(upgrade.extensions, this.#deflateOptions);
    const lines = encodeUpgradeResponse({ key: upgrade.key, protocol, extensions: accepted && [accepted.response] });
    this.emit('headers', lines, request);
    stream.write(`${lines.join('\r\n')}\r\n\r\n`);
    stream.removeListener('error', destroy);

    if (context !== undefined) ws.context = context;
    ws.unheardError = (error) => this.emit('socketError', error, ws, request);
    ws.setSocket(stream, head, {
      protocol,
      deflate: accepted && createDeflate('server', accepted.params, this.#deflateOptions),
    });
    if (this.clients !== undefined) {
      this.clients.add(ws);
      ws.on('close', () => this.#forget(ws));
    }
    callback(ws, request);
  }

  #pickProtocol({ protocols }: Upgrade, request: IncomingMessage): string | false | undefined {
    if (protocols.size === 0) return undefined;
    const { handleProtocols } = this.options;
    if (handleProtocols) return handleProtocols(new Set(protocols), request);
    const [first] = protocols;
    return first;
  }

  /** A request that is not what it should be: listeners of 'wsClientError' may answer it themselves. */
  #refuseRequest(request: IncomingMessage, stream: Duplex, error: HandshakeError): void {
    if (this.listenerCount('wsClientError') === 0) refuse(stream, error);
    else this.emit('wsClientError', error, stream, request);
  }

  // Life

  /**
   * Takes no more connections. Open ones stay: close them through `clients`. 'close' is emitted, and the callback
   * called, when they are gone and an own HTTP server is closed; with an error if it was closed before.
   */
  close(callback?: (error?: Error) => void): void {
    if (this.#state === 'closed') {
      if (callback) this.once('close', () => callback(new Error('The server is not running')));
      process.nextTick(() => this.#emitClose());
      return;
    }
    if (callback) this.once('close', () => callback());
    if (this.#state === 'closing') return;
    this.#state = 'closing';
    this.#detach?.();
    const own = this.options.server || this.options.noServer ? undefined : this.#server;
    this.#server = undefined;
    if (own !== undefined) own.close(() => this.#emitClose());
    else if (this.clients !== undefined && this.clients.size > 0) this.#closeWhenEmpty = true;
    else process.nextTick(() => this.#emitClose());
  }

  #emitClose(): void {
    this.#heartbeat?.stop();
    this.#state = 'closed';
    this.emit('close');
  }

  #forget(ws: WebSocket): void {
    this.clients.delete(ws);
    if (this.#closeWhenEmpty && this.clients.size === 0) process.nextTick(() => this.#emitClose());
  }

  #listen(callback?: () => void): void {
    const { port, host, backlog, handshakeTimeout = HANDSHAKE_TIMEOUT } = this.options;
    const server = createServer(
      // Node looks for connections that are late every 30 s unless told otherwise.
      { headersTimeout: handshakeTimeout, requestTimeout: handshakeTimeout, connectionsCheckingInterval: 1_000 },
      (_request, response) => {
        const body = STATUS_CODES[426]!;
        response.writeHead(426, {
          'Content-Type': 'text/plain',
          'Content-Length': body.length,
          Connection: 'close, Upgrade',
          Upgrade: 'websocket',
        });
        response.end(body);
      },
    );
    this.#attach(server);
    server.listen({ port, host, backlog: backlog ?? undefined }, callback);
  }

  #attach(server: HttpServer): void {
    const onListening = (): void => void this.emit('listening');
    const onError = (error: Error): void => void this.emit('error', error);
    const connect: UpgradeCallback = (ws, request) => void this.emit('connection', ws, request);
    const unshare = shareUpgrades(server, {
      shouldHandle: (request) => this.shouldHandle(request),
      onUpgrade: (request, stream, head) => this.handleUpgrade(request, stream, head, connect),
    });
    server.on('listening', onListening);
    server.on('error', onError);
    this.#server = server;
    this.#detach = () => {
      unshare();
      server.removeListener('listening', onListening);
      server.removeListener('error', onError);
    };
  }
}

interface Handshake {
  readonly upgrade: Upgrade;
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly context: unknown;
  readonly callback: UpgradeCallback;
}

/** The outcome of the hooks: an error refuses, else the context is the socket's. */
type Verified = (error?: HandshakeError, context?: unknown) => void;

function destroy(this: Duplex): void {
  this.destroy();
}
