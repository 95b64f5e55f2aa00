import faye from 'faye-websocket';
import { receive } from './receive.js';

receive(
  (url, onText) =>
    new Promise((resolve) => {
      const socket = new faye.Client(url, [], { maxLength: 2 ** 27 });
      socket.on('message', ({ data }) => onText(data));
      socket.on('open', () => resolve((text) => socket.send(text)));
    }),
);
