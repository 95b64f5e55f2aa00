import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_FRAGMENTS, MAX_PAYLOAD } from '../protocol/connection.ts';
import { acceptDeflate } from '../protocol/deflate-negotiation.ts';
import { HandshakeError } from '../protocol/errors.ts';
import { encodeRefusal } from '../protocol/refusal.ts';
import { encodeUpgradeResponse, type Upgrade, validateUpgrade } from '../protocol/server-handshake.ts';
import { checkOptions } from '../socket/check-options.ts';
import { createDeflate, deflateOptions } from '../socket/deflate.ts';
import { isLinked } from '../socket/stream-events.ts';
import type { Negotiated } from '../socket/types.ts';
import { WebSocket } from '../socket/websocket.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ServerOptions } from './options.ts';
import { createOwnServer } from './own-http-server.ts';
import { refuse } from './refuse.ts';
import { Roster } from './roster.ts';
import { type Answer, shareUpgrades } from './upgrade-dispatcher.ts';
import { hasHooks, verifyRequest } from './verify.ts';

/** Called with the open socket, before anything is read from it. */
export type UpgradeCallback<Socket> = (ws: Socket, request: IncomingMessage) => void;

export interface WebSocketServerEvents<Socket = WebSocket> {
  connection: [ws: Socket, request: IncomingMessage];
  headers: [lines: string[], request: IncomingMessage];
  listening: [];
  error: [error: Error];
  close: [];
  wsClientError: [error: Error, stream: Duplex, request: IncomingMessage];
  /** An error of a socket on which nobody listens to 'error'. */
  socketError: [error: Error, ws: Socket];
  /** What a hook of the handshake threw, if it was no `HandshakeError`; the request was answered with 500. */
  hookError: [error: unknown, request: IncomingMessage];
}

const HANDSHAKE_TIMEOUT = 10_000;
const DEFAULTS = {
  autoPong: true,
  clientTracking: true,
  closeTimeout: 30_000,
  handshakeTimeout: HANDSHAKE_TIMEOUT,
  maxFragments: MAX_FRAGMENTS,
  maxPayload: MAX_PAYLOAD,
  perMessageDeflate: false,
  skipUTF8Validation: false,
} satisfies ServerOptions;

const TWICE =
  'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration';

type State = 'running' | 'closing' | 'closed';

/**
 * Accepts WebSocket connections on an HTTP server: one of its own (`port`), a given one (`server`), or whichever its
 * user takes upgrades from (`noServer`). Options, events and methods are those of the `ws` package, and more. `Socket`
 * is the type of what the option `WebSocket` makes.
 */
export class WebSocketServer<Socket extends WebSocket = WebSocket> extends EventEmitter<WebSocketServerEvents<Socket>> {
  /** What was given, with defaults. `handleProtocols`, `verifyClient` and `perMessageDeflate` may be set later. */
  readonly options: ServerOptions;
  #isTracking: boolean;
  #state: State = 'running';
  #server: HttpServer | undefined;
  #detach: (() => void) | undefined;
  #heartbeat: Heartbeat | undefined;
  #closeWhenEmpty = false;
  /** What `shouldHandle` said of a request for which there was a choice of servers. */
  readonly #answers = new WeakMap<IncomingMessage, Answer>();
  readonly #roster = new Roster<Socket>({
    unheardError: (error, ws) => void this.emit('socketError', error, ws),
    socketLeft: () => this.#socketLeft(),
  });

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
    this.options = { ...DEFAULTS, WebSocket, ...options };
    this.#isTracking = clientTracking;
    checkOptions(options);
    deflateOptions(options.perMessageDeflate ?? false);
    if (options.heartbeat !== undefined) {
      if (!clientTracking) throw new TypeError('heartbeat needs clientTracking');
      this.#heartbeat = new Heartbeat(() => this.clients, options.heartbeat);
    }
    if (server) this.#attach(server as HttpServer);
    else if (!noServer) this.#listen(callback);
  }

  /** All open sockets; undefined with `clientTracking: false`. */
  get clients(): Set<Socket> {
    return this.#isTracking ? this.#roster.sockets : (undefined as never);
  }

  /** Programs for `ws`, where it is a plain property, put a Set of their own there, which then has the sockets. */
  set clients(sockets: Set<Socket>) {
    this.#isTracking = true;
    this.#roster.sockets = sockets;
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
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer, callback: UpgradeCallback<Socket>): void {
    if (isLinked(stream)) throw new Error(TWICE);
    let upgrade: Upgrade;
    try {
      upgrade = validateUpgrade(request);
    } catch (error) {
      return this.#refuseRequest(request, stream, error);
    }
    try {
      if (!this.#isFor(request)) throw new HandshakeError(400, 'Bad Request');
    } catch (error) {
      return this.#refuse(request, stream, error);
    }
    if (!hasHooks(this.options)) {
      return this.#accept({ upgrade, request, stream, head, context: undefined, callback });
    }
    hearErrors(stream);
    const timeout = this.options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
    verifyRequest(upgrade, request, this.options, timeout, (error, context) => {
      if (error === undefined) this.#accept({ upgrade, request, stream, head, context, callback });
      else this.#refuse(request, stream, error);
    });
  }

  /** Asks `shouldHandle`, once for a request: not if it was asked before this server was given it. */
  #isFor(request: IncomingMessage): boolean {
    const answer = this.#answers.get(request);
    if (answer === undefined) return this.shouldHandle(request);
    this.#answers.delete(request);
    return answer();
  }

  #accept(handshake: Handshake<Socket>): void {
    const { upgrade, request, stream, head, context, callback } = handshake;
    if (isLinked(stream)) throw new Error(TWICE);
    if (!stream.readable || !stream.writable) {
      hearErrors(stream);
      stream.destroy();
      return;
    }
    let opening: Opening<Socket>;
    try {
      opening = this.#open(upgrade, request);
    } catch (error) {
      return this.#refuse(request, stream, error);
    }
    const { ws, lines, negotiated } = opening;
    stream.write(`${lines.join('\r\n')}\r\n\r\n`);
    stream.removeListener('error', destroy);

    if (context !== undefined) ws.context = context;
    ws.setSocket(stream, head, negotiated);
    ws.keeper = this.#roster.add(ws);
    callback(ws, request);
  }

  /** All that is decided before the answer is written: up to here the request can be refused. */
  #open(upgrade: Upgrade, request: IncomingMessage): Opening<Socket> {
    if (this.#state !== 'running') throw new HandshakeError(503, 'Service Unavailable');
    const ws = new (this.options.WebSocket ?? WebSocket)(null, undefined, this.options);
    const protocol = this.#pickProtocol(upgrade, request) || undefined;
    // Read for each request: programs change the option for one, and change it back.
    const offered = deflateOptions(this.options.perMessageDeflate ?? false);
    const accepted = offered && acceptDeflate(upgrade.extensions, offered);
    const lines = encodeUpgradeResponse({ key: upgrade.key, protocol, extensions: accepted && [accepted.response] });
    this.emit('headers', lines, request);
    const deflate = accepted && createDeflate('server', accepted.params, offered);
    return { ws: ws as Socket, lines, negotiated: { protocol, deflate } };
  }

  #pickProtocol({ protocols }: Upgrade, request: IncomingMessage): string | false | undefined {
    if (protocols.size === 0) return undefined;
    const { handleProtocols } = this.options;
    if (handleProtocols) return handleProtocols.call(this.options, new Set(protocols), request);
    const [first] = protocols;
    return first;
  }

  /** A request that is no valid handshake: listeners of 'wsClientError' may answer it themselves. */
  #refuseRequest(request: IncomingMessage, stream: Duplex, error: unknown): void {
    hearErrors(stream);
    const isHeard = error instanceof HandshakeError && this.emit('wsClientError', error, stream, request);
    if (!isHeard) this.#refuse(request, stream, error);
  }

  /** What is no refusal is a hook's own error: the peer learns nothing of it. */
  #refuse(request: IncomingMessage, stream: Duplex, error: unknown): void {
    hearErrors(stream);
    try {
      if (!(error instanceof HandshakeError)) throw error;
      refuse(stream, encodeRefusal(error));
    } catch (cause) {
      refuse(stream, encodeRefusal(new HandshakeError(500, 'Internal Server Error')));
      this.emit('hookError', cause, request);
    }
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
    if (own !== undefined) {
      own.close(() => this.#emitClose());
      // Who has not asked for an upgrade yet would be refused; `close` alone would wait for them without end.
      own.closeAllConnections();
    } else if (this.#isTracking && this.#roster.size > 0) this.#closeWhenEmpty = true;
    else process.nextTick(() => this.#emitClose());
  }

  #emitClose(): void {
    this.#heartbeat?.stop();
    this.#state = 'closed';
    this.emit('close');
  }

  #socketLeft(): void {
    if (this.#closeWhenEmpty && this.#roster.size === 0) process.nextTick(() => this.#emitClose());
  }

  #listen(callback?: () => void): void {
    const { port, host, backlog, handshakeTimeout = HANDSHAKE_TIMEOUT } = this.options;
    const server = createOwnServer(handshakeTimeout);
    // Not as one object: only by its first argument, `net` takes a path for a port, as environments may have it.
    server.listen(port, host, backlog ?? undefined, callback);
    this.#attach(server);
  }

  #attach(server: HttpServer): void {
    const onListening = (): void => void this.emit('listening');
    const onError = (error: Error): void => void this.emit('error', error);
    const connect: UpgradeCallback<Socket> = (ws, request) => void this.emit('connection', ws, request);
    const unshare = shareUpgrades(server, {
      shouldHandle: (request) => this.shouldHandle(request),
      onUpgrade: (request, stream, head, answer) => {
        // Not as an argument: who overrides `handleUpgrade` passes on those that he knows.
        if (answer !== undefined) this.#answers.set(request, answer);
        this.handleUpgrade(request, stream, head, connect);
      },
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

interface Handshake<Socket> {
  readonly upgrade: Upgrade;
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly context: unknown;
  readonly callback: UpgradeCallback<Socket>;
}

interface Opening<Socket> {
  readonly ws: Socket;
  readonly lines: string[];
  readonly negotiated: Negotiated;
}

/**
 * An error of a stream without listeners ends the process. One that is accepted at once goes without this, as its
 * socket listens before an error can come: a listener that comes and goes is seen in the cost of a handshake.
 */
function hearErrors(stream: Duplex): void {
  if (!stream.listeners('error').includes(destroy)) stream.on('error', destroy);
}

function destroy(this: Duplex): void {
  this.destroy();
}
