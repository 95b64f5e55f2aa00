/**
 * The package as its users import it, and the only place that sees server and client both: it makes the client's
 * class the class of the server's sockets, so that `instanceof` and subclasses work for either end.
 */
import { WebSocketClient } from './client/websocket-client.ts';
import type { ServerOptions } from './server/options.ts';
import { WebSocketServer as BareWebSocketServer } from './server/websocket-server.ts';
import { extension, subprotocol } from './socket/parts/header-parsers.ts';
import { PerMessageDeflate } from './socket/parts/per-message-deflate.ts';
import { Receiver } from './socket/parts/receiver.ts';
import { Sender } from './socket/parts/sender.ts';
import { createWebSocketStream } from './socket/websocket-stream.ts';

class WebSocketServer extends BareWebSocketServer {
  constructor(options: ServerOptions, callback?: () => void) {
    super({ WebSocket: WebSocketClient, ...options }, callback);
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
export type { ClientOptions } from './client/options.ts';
export type { BinaryType, CloseInfo, RawData, WebSocketOptions } from './socket/types.ts';
