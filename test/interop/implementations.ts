import { WebSocket as WsClient, WebSocketServer as WsServer } from 'ws';
import { WebSocketClient, WebSocketServer } from '../../src/index.ts';

/** A server and a client that can be told apart only on the wire; the types of `ws` stand for both. */
export interface Implementation {
  readonly Server: typeof WsServer;
  readonly Client: typeof WsClient;
}

export const ws: Implementation = { Server: WsServer, Client: WsClient };

export const halyard: Implementation = {
  Server: WebSocketServer as unknown as typeof WsServer,
  Client: WebSocketClient as unknown as typeof WsClient,
};
