import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { deflateOptions } from './deflate-options.js';
import { serve } from './serve.js';

serve(async ({ mode, count, deflate }) => {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: deflateOptions(deflate) });
  wss.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      const options = { binary: isBinary };
      if (mode === 'echo') socket.send(data, options);
      else if (mode === 'sends') for (let i = 0; i < count; i++) socket.send(data, options);
      else for (const member of wss.clients) member.send(data, options);
    });
  });
  await once(wss, 'listening');
  return wss.address().port;
});
