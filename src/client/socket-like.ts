/** What its events carry: `data` with `message`, `error` perhaps with `error`, the rest with `close`. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

/** The little of a WebSocket that reconnecting needs: what browsers, Node, `ws` and Halyard's own client all have. */
export interface SocketLike {
  binaryType: string;
  readonly url: string | undefined;
  readonly protocol: string;
  readonly bufferedAmount: number;
  addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: SocketEvent) => void): void;
  send(data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Only outside browsers. */
  terminate?(): void;
}

/** A WebSocket class. */
export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;

/** Lets go of a socket without waiting for the other side, which may be dead. */
export function abandon(socket: SocketLike): void {
  if (socket.terminate) socket.terminate();
  else socket.close();
}
