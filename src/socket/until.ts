import type { EventEmitter } from 'node:events';
import { notOpen, ReadyState } from './ready-state.ts';

/**
 * Resolves with the socket's next 'drain'. Rejects with an Error when it closes before that, and with the reason of
 * the signal when that is aborted.
 */
export function untilDrained(ws: EventEmitter, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      ws.removeListener('drain', onDrain);
      ws.removeListener('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onDrain = (): void => settle(resolve);
    const onClose = (): void => settle(() => reject(notOpen(ReadyState.CLOSED)));
    const onAbort = (): void => settle(() => reject(signal!.reason as Error));
    ws.on('drain', onDrain);
    ws.on('close', onClose);
    signal?.addEventListener('abort', onAbort);
  });
}

/** What closing asks of a socket. */
interface Closable extends EventEmitter {
  readonly readyState: number;
  close(): void;
  resume(): void;
}

/** Closes a socket and resolves when it is closed, which `closeTimeout` bounds; errors on the way are nobody's. */
export function untilClosed(ws: Closable): Promise<void> {
  if (ws.readyState === ReadyState.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    ws.on('error', () => {});
    ws.once('close', () => resolve());
    ws.close();
    // The peer's Close is not seen by one who does not read.
    ws.resume();
  });
}
