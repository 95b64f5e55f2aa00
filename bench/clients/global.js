// The client that the runtime brings: undici's in Node, its own in Bun.
import { receive } from './receive.js';

receive(
  (url, onText) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.addEventListener('message', ({ data }) => onText(data));
      socket.addEventListener('error', reject);
      socket.addEventListener('open', () => resolve((text) => socket.send(text)));
    }),
);
