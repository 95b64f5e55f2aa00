import { frameCounter } from '../lib/wire.js';

/**
 * Watches the answers of one connection: calls `done` when `expected` of them have arrived, again and again.
 * Answers of known size are counted by their bytes alone; compressed ones by their headers.
 *
 * @param {{ expected: number, size?: number, done: () => void }} options `size`: bytes of one answer, if known
 * @returns {(bytes: Uint8Array, length: number) => void}
 */
export function countReplies({ expected, size, done }) {
  let left = expected;
  if (size === undefined) {
    return frameCounter(() => {
      if (--left > 0) return;
      left = expected;
      done();
    });
  }
  const total = expected * size;
  left = total;
  return (_, length) => {
    left -= length;
    if (left > 0) return;
    if (left < 0) throw new Error(`${-left} bytes more than were expected`);
    left = total;
    done();
  };
}
