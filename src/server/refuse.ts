import type { Duplex } from 'node:stream';

/** Milliseconds that a refused peer has to take the answer and end TCP. */
const LINGER = 2_000;

/** Answers an upgrade with an HTTP response and ends TCP: a second, pipelined request is never answered. */
export function refuse(stream: Duplex, answer: string): void {
  if (stream.destroyed || stream.writableEnded) {
    stream.destroy();
    return;
  }
  const timer = setTimeout(() => stream.destroy(), LINGER);
  stream.once('close', () => clearTimeout(timer));
  // Closed with bytes unread, TCP is reset, and the answer lost on its way: what still comes is read and dropped.
  stream.resume();
  stream.end(answer);
}
