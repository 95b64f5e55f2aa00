import { once } from 'node:events';
import { WebSocketClient } from '../../dist/index.js';
import { receive } from './receive.js';

receive(async (url, onText) => {
  const socket = new WebSocketClient(url);
  socket.onmessage = ({ data }) => onText(data);
  await once(socket, 'open');
  return (text) => socket.send(text);
});
