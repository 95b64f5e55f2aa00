import { once } from 'node:events';
import { WebSocket } from 'ws';
import { receive } from './receive.js';

receive(async (url, onText) => {
  const socket = new WebSocket(url);
  socket.onmessage = ({ data }) => onText(data);
  await once(socket, 'open');
  return (text) => socket.send(text);
});
