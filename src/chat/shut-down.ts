import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocketServer } from '../server/websocket-server.ts';

export interface StopOptions {
  /** Milliseconds after which whatever is left is ended the hard way. Default 8,000. */
  readonly timeout?: number;
  /** Milliseconds over which many connections are closed, so that their return is spread too. Default 2,000. */
  readonly spread?: number;
}

export interface ShutDownOptions extends StopOptions {
  readonly http: Server;
  readonly sockets: WebSocketServer;
  /** Tells the clients. */
  readonly announce: () => void;
  /** Resolves when nothing is on its way. */
  readonly settle: () => Promise<void>;
}

/** Connections that are closed at once. */
const SLICE = 50;

/** Lets nobody in, tells everybody, finishes what is on its way, closes with 1001, and takes a bounded time. */
export async function shutDown(options: ShutDownOptions): Promise<void> {
  const { http, sockets, announce, settle, timeout = 8_000, spread = 2_000 } = options;
  const end = performance.now() + timeout;
  const closed = new Promise<void>((resolve) => {
    sockets.close(() => resolve());
  });
  http.close();
  announce();
  await within(timeout / 4, settle());
  await closeAll(sockets, spread);
  await within(end - performance.now(), closed);
  for (const socket of sockets.clients) socket.terminate();
  http.closeAllConnections();
  await closed;
}

/** A few at once are closed at once; many, in slices. */
async function closeAll({ clients }: WebSocketServer, spread: number): Promise<void> {
  const sockets = [...clients];
  const pause = spread / Math.ceil(sockets.length / SLICE);
  for (let i = 0; i < sockets.length; i += SLICE) {
    if (i > 0) await sleep(pause);
    for (const socket of sockets.slice(i, i + SLICE)) socket.close(1001, 'going away');
  }
}

/** Resolves with the promise, or when so many milliseconds have passed. */
async function within(time: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, time));
  });
  await Promise.race([promise, late]);
  // A timer that is left would keep the process.
  clearTimeout(timer);
}
