import { WebSocket as WsClient, WebSocketServer as WsServer } from 'ws';

/** A server and a client that can be told apart only on the wire; the types of `ws` stand for both. */
export interface Implementation {
  readonly Server: typeof WsServer;
  readonly Client: typeof WsClient;
}

export const ws: Implementation = { Server: WsServer, Client: WsClient };

export const halyard: Implementation = { Server: WsServer, Client: WsClient };
