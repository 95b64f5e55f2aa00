import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import * as own from '../../src/index.ts';

/** What the contract is about; the types of `ws` stand for both. */
export interface Implementation {
  readonly WebSocket: typeof WebSocket;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly createWebSocketStream: typeof createWebSocketStream;
}

export const halyard: Implementation = {
  WebSocket: own.WebSocket as unknown as typeof WebSocket,
  WebSocketServer: own.WebSocketServer as unknown as typeof WebSocketServer,
  createWebSocketStream: own.createWebSocketStream as unknown as typeof createWebSocketStream,
};

/** Every test of the contract runs on each: the package whose contract it is shows that the test is right. */
export const implementations: readonly (readonly [string, Implementation])[] = [
  ['ws', { WebSocket, WebSocketServer, createWebSocketStream }],
  ['Halyard', halyard],
];
