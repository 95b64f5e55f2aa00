import { once } from 'node:events';
import { createServer } from 'node:http';
import { opcodeOf, payload } from '../lib/payloads.js';
import { encodeFrame } from '../lib/wire.js';
import { acceptResponse } from '../servers/accept.js';

/** Bytes sent at one request, at least one message. */
const BLOCK = 1 << 20;

/**
 * A server that answers each request of a client, whatever it says, with a prebuilt block of messages.
 * @param {import('./messages.js').MessageShape} shape
 * @returns {Promise<{ port: number, count: number }>} where it listens, how many messages a block has
 */
export async function flood({ kind, size }) {
  const frame = encodeFrame(payload(kind, size), { opcode: opcodeOf(kind) });
  const count = Math.max(1, Math.floor(BLOCK / frame.length));
  const block = Buffer.concat(Array.from({ length: count }, () => frame));
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    socket.write(acceptResponse(String(request.headers['sec-websocket-key'])));
    socket.on('data', (chunk) => {
      if (chunk[0] === 0x88) socket.end();
      else socket.write(block);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, count };
}
