import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

/** What waiting for a connection asks of a socket. */
interface Connecting extends EventEmitter {
  readonly isPaused: boolean;
  readonly _socket: Duplex | null;
}

/**
 * Resolves when a socket that dials is open, and rejects with its 'error'. Nothing is read until those who wait for it
 * had their turn to listen.
 */
export function untilOpen<Socket extends Connecting>(ws: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    ws.once('error', reject);
    ws.once('open', () => {
      ws.removeListener('error', reject);
      const stream = ws._socket!;
      stream.pause();
      setImmediate(() => {
        if (!ws.isPaused) stream.resume();
      });
      resolve(ws);
    });
  });
}
