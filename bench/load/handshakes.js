import { encodeFrame } from '../lib/wire.js';
import { open } from './connection.js';
import { latencies } from './latency.js';

const close = encodeFrame(Buffer.from([0x03, 0xe8]), { opcode: 0x8, key: [1, 2, 3, 4] });

/** Opens, sends a Close, waits until the server has ended the connection. @param {number} port */
async function visit(port) {
  const { socket } = await open({ port });
  await new Promise((resolve) => {
    socket.on('close', resolve);
    socket.write(close);
  });
}

/**
 * Opening and closing handshakes, `concurrency` at a time, for `duration` milliseconds.
 * @param {{ port: number, concurrency: number, duration: number }} options
 * @returns as `echo`; a message is one connection
 */
export async function handshakes({ port, concurrency, duration }) {
  const times = latencies();
  const start = performance.now();
  let messages = 0;
  const loop = async () => {
    let now = performance.now();
    do {
      const from = now;
      await visit(port);
      now = performance.now();
      times.record(now - from);
      messages++;
    } while (now - start < duration);
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  return { messages, bytes: 0, elapsed: performance.now() - start, ...times.figures() };
}
