import { inflateRawSync, constants } from 'node:zlib';
import { opcodeOf, payload } from '../lib/payloads.js';
import { encodeFrame } from '../lib/wire.js';
import { open } from './connection.js';

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * Sends one message and reads the answer: a server that echoes something else is not measured.
 * @param {import('./messages.js').MessageShape & { port: number }} options
 */
export async function verifyEcho({ port, kind, size, deflate }) {
  const message = payload(kind, size);
  const connection = await open({ port, deflate });
  /** @type {Buffer[]} */
  const chunks = [];
  const answer = await new Promise((resolve, reject) => {
    connection.receive = (bytes, length) => {
      chunks.push(Buffer.from(bytes.slice(0, length)));
      const frame = completeFrame(Buffer.concat(chunks));
      if (frame !== undefined) resolve(frame);
    };
    connection.socket.on('close', () => reject(new Error('the server closed instead of answering')));
    connection.socket.write(encodeFrame(message, { opcode: opcodeOf(kind), key: [1, 2, 3, 4] }));
  });
  connection.socket.removeAllListeners('close').destroy();
  const plain = (answer.first & 0x40) !== 0 ? inflate(answer.payload) : answer.payload;
  if ((answer.first & 0x8f) !== (0x80 | opcodeOf(kind))) throw new Error('the answer is of another type');
  if (!message.equals(plain)) throw new Error('the answer is not what was sent');
}

const inflate = (/** @type {Buffer} */ data) =>
  inflateRawSync(Buffer.concat([data, TAIL]), { finishFlush: constants.Z_SYNC_FLUSH });

/** @param {Buffer} bytes */
function completeFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < header) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < header + length) return undefined;
  return { first: bytes[0], payload: bytes.subarray(header, header + length) };
}
