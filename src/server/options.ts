import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { PerMessageDeflateOptions } from '../protocol/deflate-options.ts';
import type { WebSocketOptions } from '../socket/types.ts';
import type { WebSocket } from '../socket/websocket.ts';
import type { HeartbeatOptions } from './heartbeat.ts';
import type { Origins } from './origins.ts';

/** What `verifyClient` is told of a request. */
export interface ClientInfo {
  readonly origin: string | undefined;
  readonly secure: boolean;
  readonly req: IncomingMessage;
}

/** Answers for `verifyClient`: `status` (default 401), `message` and `headers` are those of the refusal. */
export type VerifyCallback = (
  verified: boolean,
  status?: number,
  message?: string,
  headers?: Readonly<Record<string, string>>,
) => void;

/** Decides on a request: by its result, or, if it takes two arguments, by the callback. */
export type VerifyClient = (info: ClientInfo, callback: VerifyCallback) => boolean | void;

/** A subclass of the socket class for the server's sockets. */
export type WebSocketConstructor = new (address: null, protocols: undefined, options: WebSocketOptions) => WebSocket;

/** How a server listens and whom it lets in, beside the options of its sockets. */
export interface ServerOptions extends Omit<WebSocketOptions, 'isServer'> {
  /** Listen on this port with an HTTP server of its own. One and only one of `port`, `server` and `noServer`. */
  readonly port?: number | undefined;
  /** Handle the upgrades of this HTTP server, and leave everything else of it alone. */
  readonly server?: HttpServer | HttpsServer | undefined;
  /** Handle nothing by itself: `handleUpgrade` is called. */
  readonly noServer?: boolean | undefined;
  /** Where to listen with `port`; default: all addresses. */
  readonly host?: string | undefined;
  /** Length of the queue of connections with `port`; default 511. */
  readonly backlog?: number | undefined;
  /** Accept only this path; default: any. */
  readonly path?: string | undefined;
  /** Whether `clients` holds all open sockets; default true. */
  readonly clientTracking?: boolean | undefined;
  /** Picks the subprotocol from what was offered; false for none. Default: the first offered. */
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | null | undefined;
  /** Decides whether a request is let in; refused with 401 unless it says otherwise. */
  verifyClient?: VerifyClient | null | undefined;
  /**
   * Whether messages may be compressed (RFC 7692), and how; default false. Compression costs CPU and memory: turn it
   * on where the line is the bottleneck.
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Which pages may connect (RFC 6455 §10.2), others are refused with 403; default: all. */
  readonly origins?: Origins | undefined;
  /**
   * Says who asks: what it returns becomes `context` of the socket. It throws a `HandshakeError` to refuse; any other
   * error is answered with 500.
   */
  readonly authenticate?: ((request: IncomingMessage) => unknown) | undefined;
  /** Finds peers that vanished; default: off. */
  readonly heartbeat?: HeartbeatOptions | undefined;
  /** Milliseconds from the request until the handshake is done, hooks included; default 10,000. */
  readonly handshakeTimeout?: number | undefined;
  /** The class of the sockets. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}
