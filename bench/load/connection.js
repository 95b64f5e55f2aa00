import { connect } from 'node:net';

/** One buffer for all reads: what arrives is counted, never kept. */
const readBuffer = Buffer.allocUnsafe(1 << 18);

const OFFERS = {
  context: 'permessage-deflate',
  'no context': 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
};

/** @param {number} port @param {keyof typeof OFFERS | undefined} deflate */
function request(port, deflate) {
  const extensions = deflate === undefined ? '' : `Sec-WebSocket-Extensions: ${OFFERS[deflate]}\r\n`;
  return (
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${extensions}\r\n`
  );
}

/** @param {string} response @param {boolean} deflate */
function check(response, deflate) {
  if (!response.startsWith('HTTP/1.1 101 ') || !response.includes('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')) {
    throw new Error(`the handshake was answered with ${JSON.stringify(response)}`);
  }
  if (response.includes('permessage-deflate') !== deflate) throw new Error('the server did not agree on compression');
}

/**
 * The load's end of a connection.
 * @typedef {object} Connection
 * @property {import('node:net').Socket} socket
 * @property {number} turn which of the bursts it sends next; kept from run to run, as the peer's window is
 * @property {(bytes: Uint8Array, length: number) => void} receive called for what arrives after the handshake; replace it
 */

/**
 * Connects and shakes hands.
 * @param {{ port: number, deflate?: keyof typeof OFFERS }} options
 * @returns {Promise<Connection>}
 */
export function open({ port, deflate }) {
  return new Promise((resolve, reject) => {
    let response = '';
    const shake = (/** @type {Uint8Array} */ bytes, /** @type {number} */ length) => {
      response += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
      const end = response.indexOf('\r\n\r\n') + 4;
      if (end < 4) return;
      try {
        check(response.slice(0, end), deflate !== undefined);
      } catch (error) {
        socket.destroy();
        return reject(error);
      }
      const rest = Buffer.from(response.slice(end), 'latin1');
      connection.receive = () => {};
      resolve(connection);
      if (rest.length > 0) queueMicrotask(() => connection.receive(rest, rest.length));
    };
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback(length, bytes) {
          connection.receive(bytes, length);
          return true;
        },
      },
    });
    const connection = { socket, turn: 0, receive: shake };
    socket.on('error', reject);
    socket.on('connect', () => socket.write(request(port, deflate)));
  });
}

/** Tells of the end of a connection from now on, instead of who was told before. @param {Connection} connection @param {(error: Error) => void} tell */
export function onLost({ socket }, tell) {
  socket.removeAllListeners('close').on('close', () => tell(new Error('the server closed a connection')));
}

/**
 * Opens many, a few at a time, so that no listen queue overflows.
 * @param {number} count
 * @param {Parameters<typeof open>[0]} options
 */
export async function openMany(count, options) {
  /** @type {Connection[]} */
  const connections = [];
  while (connections.length < count) {
    const batch = Math.min(100, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: batch }, () => open(options)))));
  }
  return connections;
}
