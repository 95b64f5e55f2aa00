import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameHost, type Origins } from '../server/origins.ts';
import { WebSocketServer } from '../server/websocket-server.ts';
import type { Backplane } from '../pubsub/backplane.ts';
import type { MessageLog } from '../pubsub/message-log.ts';
import { BareRoom } from './bare-room.ts';
import { ChatConnection } from './chat-connection.ts';
import { Chat } from './chat.ts';
import type { ClientSocket } from './client-socket.ts';
import type { Lifecycle } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
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
  /** Called with the HTTP server before the chat takes its upgrades: who attaches here comes first. */
  readonly attach?: (server: Server) => void;
}

export interface StopOptions {
  /** Milliseconds after which whatever is left is ended the hard way. Default 8,000. */
  readonly timeout?: number;
  /** Milliseconds over which many connections are closed, so that their return is spread too. Default 2,000. */
  readonly spread?: number;
}

const SLICE = 50;

/** The chat on an HTTP server: the page at `/`, the rich protocol at `/chat`, bare clients anywhere else. */
export class ChatServer {
  readonly #options: ChatServerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #chat: Chat;
  readonly #bare: BareRoom;
  readonly #files: StaticFiles = loadStaticFiles();
  readonly #rich = new Set<ClientSocket>();
  #connections = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: ChatServerOptions) {
    this.#options = options;
    const { backplane, log, grace, origins, heartbeat = 15_000 } = options;
    this.#chat = new Chat({ backplane, log, ...(grace !== undefined && { grace }) });
    this.#bare = new BareRoom({ chat: this.#chat, backplane, onError: this.#onError });
    this.#http = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) =>
      this.#answer(request, response),
    );
    options.attach?.(this.#http);
    this.#sockets = new WebSocketServer({
      server: this.#http,
      maxPayload: LIMITS.payload,
      closeTimeout: 10_000,
      heartbeat: { interval: heartbeat, timeout: (heartbeat * 2) / 3 },
      ...(origins === undefined ? { verifyClient: isSameHostRequest } : { origins }),
    });
    // 'listening' or 'error' of the HTTP server is what `listen` waits for; this is the same error again.
    this.#sockets.on('error', () => {});
    this.#sockets.on('connection', (socket, request) => this.#connect(socket, request));
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

  /** Resolves when it listens; port 0 takes any free one. Rejects if it cannot. */
  async listen(port: number, host?: string): Promise<void> {
    await this.#chat.start();
    await this.#bare.start();
    this.#http.listen(port, host);
    await once(this.#http, 'listening');
  }

  /** Lets nobody in, tells everybody, finishes what is on its way, closes with 1001. A second call waits for the first. */
  stop(options: StopOptions = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(options));
  }

  readonly #onError = (error: unknown): void => this.#options.onError?.(error);

  #connect(socket: ClientSocket, request: IncomingMessage): void {
    const { lifecycle, name } = this.#options;
    const id = `${name === undefined ? '' : `${name}.`}${++this.#connections}`;
    const path = pathOf(request);
    lifecycle?.open(id, path, request.socket.remoteAddress ?? '');
    socket.on('close', (code, reason) => lifecycle?.close(id, code, reason.toString()));
    const onMessage = (room: string, bytes: number): void => lifecycle?.message(id, room, bytes);
    if (path === '/chat') {
      this.#rich.add(socket);
      socket.on('close', () => this.#rich.delete(socket));
      new ChatConnection(this.#chat, socket, { onMessage, onError: this.#onError }).start();
    } else {
      this.#bare.add(socket, onMessage);
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    if (path === '/healthz') return answerText(response, 200, 'ok\n');
    if (serveStatic(this.#files, path, request, response)) return;
    answerText(response, 404, 'not found\n');
  }

  async #stop({ timeout = 8_000, spread = 2_000 }: StopOptions): Promise<void> {
    const end = performance.now() + timeout;
    const closed = new Promise<void>((resolve) => {
      this.#sockets.close(() => resolve());
    });
    this.#http.close();
    this.#http.closeIdleConnections();
    this.#chat.announceShutdown(this.#rich);
    await within(timeout / 4, this.#chat.settle());
    await this.#closeAll(spread);
    await within(end - performance.now(), closed);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await closed;
    await this.#bare.stop();
    await this.#chat.close();
  }

  /** A few at once are closed at once; many, in slices. */
  async #closeAll(spread: number): Promise<void> {
    const sockets = [...this.#sockets.clients];
    const pause = spread / Math.ceil(sockets.length / SLICE);
    for (let i = 0; i < sockets.length; i += SLICE) {
      if (i > 0) await sleep(pause);
      for (const socket of sockets.slice(i, i + SLICE)) socket.close(1001, 'going away');
    }
  }
}

function isSameHostRequest(
  { origin, req }: { readonly origin: string | undefined; readonly req: IncomingMessage },
  answer: (isVerified: boolean, status?: number) => void,
): void {
  answer(isSameHost(origin, req.headers.host), 403);
}

/** Resolves with the promise, or when so many milliseconds have passed. */
async function within(time: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, time));
  });
  await Promise.race([promise, late]);
  // A timer that is left would keep the process.
  clearTimeout(timer);
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
