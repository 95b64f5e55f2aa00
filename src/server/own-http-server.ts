import { createServer, type Server, STATUS_CODES } from 'node:http';

/** Node looks for connections that are late every 30 s unless told otherwise. */
const CHECK_INTERVAL = 1_000;

/**
 * The HTTP server of a WebSocket server that was given none: whatever is no upgrade is answered with 426, and requests
 * that take longer than `timeout` milliseconds to come are ended.
 */
export function createOwnServer(timeout: number): Server {
  const times = { headersTimeout: timeout, requestTimeout: timeout, connectionsCheckingInterval: CHECK_INTERVAL };
  return createServer(times, (_request, response) => {
    const body = STATUS_CODES[426]!;
    response.writeHead(426, {
      'Content-Type': 'text/plain',
      'Content-Length': body.length,
      Connection: 'close, Upgrade',
      Upgrade: 'websocket',
    });
    response.end(body);
  });
}
