import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeRefusal } from '../protocol/refusal.ts';
import { HandshakeError } from '../protocol/errors.ts';
import type { ClientInfo, VerifyCallback } from '../server/options.ts';
import { isAllowedOrigin, isSameHost, type Origins } from '../server/origins.ts';
import { refuse } from '../server/refuse.ts';
import { WebSocketServer } from '../server/websocket-server.ts';
import type { Backplane } from '../pubsub/backplane.ts';
import type { MessageLog } from '../pubsub/message-log.ts';
import { BareRoom } from './bare-room.ts';
import { ChatConnection } from './chat-connection.ts';
import { Chat } from './chat.ts';
import type { ConnectionEvents } from './connection-events.ts';
import type { ClientSocket } from './client-socket.ts';
import { answerApi, type HttpApiOptions } from './http-api.ts';
import type { Lifecycle } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import type { ChatMetrics, MetricsSource } from './metrics.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { shutDown, type StopOptions } from './shut-down.ts';
import { loadStaticFiles, serveStatic, type StaticFiles } from './static-files.ts';

export interface ChatServerOptions {
  readonly backplane: Backplane;
  readonly log: MessageLog;
  /** Whose pages may connect. Default: those of the same host. */
  readonly origins?: Origins;
  /** Told of connections that open and close and of messages. Default: nobody. */
  readonly lifecycle?: Lifecycle;
  /** Something of ours went wrong. Default: nobody is told. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds for which somebody whose line was lost is still here. Default 5,000. */
  readonly grace?: number;
  /** Milliseconds between pings; who has not answered by two thirds of it is ended. Default 15,000. */
  readonly heartbeat?: number;
  /** Begins the numbers of connections in lines, where several processes write them. Default: nothing. */
  readonly name?: string;
  /** Whoever has it may publish over HTTP; without it that route does not exist. */
  readonly publishToken?: string;
  /** Whoever has it may read `/metrics`; without it only who asks from this machine itself. */
  readonly metricsToken?: string;
  /** Default: nothing is counted. */
  readonly metrics?: ChatMetrics;
  /** Called with the HTTP server before the chat takes its upgrades: who attaches here comes first. */
  readonly attach?: (server: Server) => void;
}

/** The chat on an HTTP server: the page at `/`, the rich protocol at `/chat`, bare clients anywhere else. */
export class ChatServer {
  readonly #options: ChatServerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #chat: Chat;
  readonly #bare: BareRoom;
  readonly #files: StaticFiles = loadStaticFiles();
  readonly #api: HttpApiOptions;
  readonly #rich = new Set<ClientSocket>();
  #connections = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: ChatServerOptions) {
    this.#options = options;
    const { backplane, log, grace, metrics, heartbeat = 15_000 } = options;
    this.#chat = new Chat({
      backplane,
      log,
      ...(grace !== undefined && { grace }),
      onSlow: (outcome) => metrics?.slow(outcome),
    });
    this.#bare = new BareRoom({ chat: this.#chat, backplane, onError: this.#onError });
    this.#http = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      void this.#answer(request, response);
    });
    options.attach?.(this.#http);
    this.#sockets = new WebSocketServer({
      server: this.#http,
      maxPayload: LIMITS.payload,
      closeTimeout: 10_000,
      heartbeat: { interval: heartbeat, timeout: (heartbeat * 2) / 3 },
      verifyClient: this.#verify,
    });
    // 'listening' or 'error' of the HTTP server is what `listen` waits for; this is the same error again.
    this.#sockets.on('error', () => {});
    this.#sockets.on('connection', (socket, request) => this.#connect(socket, request));
    this.#sockets.on('wsClientError', (error, stream) => {
      const refusal = error instanceof HandshakeError ? error : new HandshakeError(400, 'Bad Request');
      metrics?.refused(refusal.status);
      refuse(stream, encodeRefusal(refusal));
    });
    this.#api = {
      chat: this.#chat,
      health: () => ({
        isReady: this.#stopping === undefined,
        backplane: backplane.state,
        problem: backplane.problem,
        connections: this.connections,
      }),
      publishToken: options.publishToken,
      metricsToken: options.metricsToken,
      metrics,
      onError: this.#onError,
    };
    metrics?.observe(this.#createSource());
  }

  /** The port on which it listens. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.clients.size;
  }

  /** Connections of this process in a room, bare ones counted as one. */
  members(room: string): number {
    return this.#chat.hub.members(room).length;
  }

  /** Resolves when it listens; port 0 takes any free one. Rejects if it cannot, and is stopped then. */
  async listen(port: number, host?: string): Promise<void> {
    try {
      await this.#chat.start();
      await this.#bare.start();
      this.#http.listen(port, host);
      await once(this.#http, 'listening');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Lets nobody in, tells everybody, finishes what is on its way, closes with 1001. A second call waits for the first. */
  stop(options: StopOptions = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(options));
  }

  readonly #onError = (error: unknown): void => this.#options.onError?.(error);

  readonly #verify = ({ origin, req }: ClientInfo, done: VerifyCallback): void => {
    const { origins, metrics } = this.#options;
    const isAllowed = origins === undefined ? isSameHost(origin, req.headers.host) : isAllowedOrigin(origin, origins);
    if (!isAllowed) metrics?.refused(403);
    done(isAllowed, 403);
  };

  #createSource(): MetricsSource {
    const connections = (): number => this.connections;
    const sockets = (): Iterable<ClientSocket> => this.#sockets.clients;
    const { hub } = this.#chat;
    return {
      get connections() {
        return connections();
      },
      get bufferedBytes() {
        let sum = 0;
        for (const { bufferedAmount } of sockets()) sum += bufferedAmount;
        return sum;
      },
      get sent() {
        return hub.sent;
      },
      backplane: this.#options.backplane,
    };
  }

  #connect(socket: ClientSocket, request: IncomingMessage): void {
    const { lifecycle, name, metrics } = this.#options;
    const id = `${name === undefined ? '' : `${name}.`}${++this.#connections}`;
    const path = pathOf(request);
    lifecycle?.open(id, path, request.socket.remoteAddress ?? '');
    socket.on('close', (code, reason) => {
      lifecycle?.close(id, code, reason.toString());
      metrics?.closed(code);
    });
    const events: ConnectionEvents = {
      message: (room, bytes) => {
        lifecycle?.message(id, room, bytes);
        metrics?.received(bytes);
      },
      refused: (code) => metrics?.failed(code),
      error: this.#onError,
    };
    metrics?.opened(path === '/chat' ? 'chat' : 'bare');
    if (path === '/chat') {
      this.#rich.add(socket);
      socket.on('close', () => this.#rich.delete(socket));
      new ChatConnection(this.#chat, socket, events).start();
    } else {
      this.#bare.add(socket, events);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    try {
      if (serveStatic(this.#files, path, request, response)) return;
      if (!(await answerApi(this.#api, path, request, response))) answerText(response, 404, 'not found\n');
    } catch (error) {
      this.#onError(error);
      if (response.headersSent) response.destroy();
      else answerText(response, 500, 'our fault\n');
    }
  }

  async #stop(options: StopOptions): Promise<void> {
    this.#http.closeIdleConnections();
    await shutDown({
      http: this.#http,
      sockets: this.#sockets,
      announce: () => this.#chat.announceShutdown(this.#rich),
      settle: () => this.#chat.settle(),
      ...options,
    });
    await this.#bare.stop();
    await this.#chat.close();
  }
}

/** The path as it was sent, without the query: nothing is decoded, since nothing is looked up in a file system. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

function answerText(response: ServerResponse, status: number, text: string): void {
  const headers = { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length };
  response.writeHead(status, headers).end(text);
}
