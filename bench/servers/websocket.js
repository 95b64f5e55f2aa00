import { once } from 'node:events';
import { createServer } from 'node:http';
import websocket from 'websocket';
import { serve } from './serve.js';

serve(async ({ mode, count }) => {
  const http = createServer();
  // Its limits are 64 KiB a frame and 1 MiB a message, and it cuts what it sends into 16 KiB: let the large rows run.
  const wss = new websocket.server({
    httpServer: http,
    autoAcceptConnections: true,
    maxReceivedFrameSize: 2 ** 27,
    maxReceivedMessageSize: 2 ** 27,
    fragmentOutgoingMessages: false,
  });
  wss.on('connect', (connection) => {
    connection.on('error', () => {});
    connection.on('message', (message) => {
      const send = (/** @type {any} */ member) =>
        message.type === 'utf8' ? member.sendUTF(message.utf8Data) : member.sendBytes(message.binaryData);
      if (mode === 'echo') send(connection);
      else if (mode === 'sends') for (let i = 0; i < count; i++) send(connection);
      else for (const member of wss.connections) send(member);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return http.address().port;
});
