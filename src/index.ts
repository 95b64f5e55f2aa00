/**
 * The package as its users import it, and the only place that sees server and client both: it makes the client's
 * class the class of the server's sockets, so that `instanceof` and subclasses work for either end.
 */
import type { Address, ReconnectingOptions } from './client/reconnecting-types.ts';
import { ReconnectingWebSocket as BareReconnectingWebSocket } from './client/reconnecting-websocket.ts';
import type { SocketConstructor } from './client/socket-like.ts';
import { WebSocketClient } from './client/websocket-client.ts';
import type { ServerOptions } from './server/options.ts';
import { WebSocketServer as BareWebSocketServer } from './server/websocket-server.ts';
import { extension, subprotocol } from './socket/parts/header-parsers.ts';
import { PerMessageDeflate } from './socket/parts/per-message-deflate.ts';
import { Receiver } from './socket/parts/receiver.ts';
import { Sender } from './socket/parts/sender.ts';
import { createWebSocketStream } from './socket/websocket-stream.ts';

/** The type parameter is that of the option `WebSocket`: what `clients` holds and 'connection' gives. */
class WebSocketServer<Class extends typeof WebSocketClient = typeof WebSocketClient> extends BareWebSocketServer<
  InstanceType<Class>
> {
  constructor(options: ServerOptions, callback?: () => void) {
    super({ WebSocket: WebSocketClient, ...options }, callback);
  }
}

/** Dials with `WebSocketClient` unless another class is given: not every Node has a WebSocket of its own. */
class ReconnectingWebSocket extends BareReconnectingWebSocket {
  constructor(address: Address, options: ReconnectingOptions = {}) {
    super(address, { ...options, WebSocket: options.WebSocket ?? (WebSocketClient as SocketConstructor) });
  }
}

/** For `require('halyard')`, which gives the class: all else hangs on it. */
const WebSocket = Object.assign(WebSocketClient, {
  WebSocket: WebSocketClient,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
  Receiver,
  Sender,
  PerMessageDeflate,
  extension,
  subprotocol,
});
type WebSocket = WebSocketClient;

export {
  WebSocket,
  WebSocket as default,
  WebSocket as 'module.exports',
  WebSocketClient,
  WebSocketServer,
  WebSocketServer as Server,
  ReconnectingWebSocket,
  createWebSocketStream,
  Receiver,
  Sender,
  PerMessageDeflate,
  extension,
  subprotocol,
};
export { PreparedMessage } from './protocol/prepared-message.ts';
export { HandshakeError, ProtocolError } from './protocol/errors.ts';
export { CloseCode } from './protocol/close.ts';
export { CloseEvent, ErrorEvent, Event, MessageEvent } from './socket/events.ts';
export { isSameHost } from './server/origins.ts';
export type { ServerOptions } from './server/options.ts';
export type { PerMessageDeflateOptions } from './protocol/deflate-options.ts';
export type { Address, Ending, ReconnectingEvents, ReconnectingOptions } from './client/reconnecting-types.ts';
export type { ClientOptions } from './client/options.ts';
export type { Message, MessageIterator } from './socket/async-iteration.ts';
export type { BinaryType, CloseInfo, RawData, WebSocketOptions } from './socket/types.ts';
