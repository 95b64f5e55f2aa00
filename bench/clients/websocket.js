import websocket from 'websocket';
import { receive } from './receive.js';

receive(
  (url, onText) =>
    new Promise((resolve, reject) => {
      const client = new websocket.client({ maxReceivedFrameSize: 2 ** 27, maxReceivedMessageSize: 2 ** 27 });
      client.on('connectFailed', reject);
      client.on('connect', (connection) => {
        connection.on('message', ({ utf8Data }) => onText(utf8Data));
        resolve((text) => connection.sendUTF(text));
      });
      client.connect(url);
    }),
);
