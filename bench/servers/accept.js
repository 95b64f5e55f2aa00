import { createHash } from 'node:crypto';

/** The answer to an opening handshake. RFC 6455 §4.2.2. @param {string} key */
export const acceptResponse = (key) =>
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ' +
  `${createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')}\r\n\r\n`;
