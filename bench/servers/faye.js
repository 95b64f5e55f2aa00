import { once } from 'node:events';
import { createServer } from 'node:http';
import WebSocket from 'faye-websocket';
import { serve } from './serve.js';

serve(async ({ mode, count }) => {
  const http = createServer();
  const members = new Set();
  http.on('upgrade', (request, stream, head) => {
    const socket = new WebSocket(request, stream, head, [], { maxLength: 2 ** 27 });
    members.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => members.delete(socket));
    socket.on('message', ({ data }) => {
      if (mode === 'echo') socket.send(data);
      else if (mode === 'sends') for (let i = 0; i < count; i++) socket.send(data);
      else for (const member of members) member.send(data);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return http.address().port;
});
