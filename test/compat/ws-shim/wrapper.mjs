import WebSocket from './index.cjs';

export const { WebSocketServer, Server, createWebSocketStream, Receiver, Sender, PerMessageDeflate } = WebSocket;
export const { extension, subprotocol } = WebSocket;
export { WebSocket, WebSocket as default };
