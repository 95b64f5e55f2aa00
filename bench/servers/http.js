// The limit of node:http: upgrades, echoes raw bytes, answers a Close with an empty Close and ends.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { acceptResponse } from './accept.js';
import { serve } from './serve.js';

const CLOSE = 0x88;

serve(async () => {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk[0] === CLOSE) socket.end(Buffer.from([CLOSE, 0]));
      else socket.write(chunk);
    });
    socket.write(acceptResponse(String(request.headers['sec-websocket-key'])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
});
