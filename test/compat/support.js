// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

/** @param {number} milliseconds */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Waits until something holds, or until the test runs out of time.
 * @param {() => unknown} holds
 */
export async function until(holds) {
  while (!holds()) await sleep(5);
}

/**
 * Listens on a free port of 127.0.0.1; the server and all its connections end with the test.
 * @param {import('node:http').Server} [server]
 * @returns {Promise<number>} the port
 */
export async function listen(server = createServer()) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/**
 * A WebSocket server on a free port.
 * @param {object} [options]
 */
export async function serve(options = {}) {
  const server = createServer();
  const wss = new WebSocketServer({ server, ...options });
  const port = await listen(server);
  return { wss, server, port, url: `ws://127.0.0.1:${port}/` };
}
