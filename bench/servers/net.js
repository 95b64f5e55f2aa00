// The limit of the platform: the same bytes on bare `net` sockets, with no WebSocket work after the handshake.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { encodeFrame } from '../lib/wire.js';
import { acceptResponse } from './accept.js';
import { serve } from './serve.js';

serve(async ({ mode, size }) => {
  const members = new Set();
  const prebuilt = encodeFrame(Buffer.alloc(size, 'n'), { opcode: 0x1 });
  const received = prebuilt.length + 4;
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => members.delete(socket));
    socket.once('data', (request) => {
      const key = /^sec-websocket-key: *(.+)\r$/im.exec(request.toString('latin1'))?.[1];
      if (key === undefined) return socket.destroy();
      members.add(socket);
      socket.write(acceptResponse(key));
      socket.on('data', (chunk) => {
        if (mode !== 'broadcast') return socket.write(chunk);
        for (let at = 0; at < chunk.length; at += received) for (const member of members) member.write(prebuilt);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
});
