import type { Duplex } from 'node:stream';
import { HandshakeError } from '../protocol/errors.ts';
import { encodeRefusal } from '../protocol/refusal.ts';

/** Milliseconds that a refused peer has to take the answer and end TCP. */
const LINGER = 2_000;

/** Answers an upgrade with an HTTP response and ends TCP: a second, pipelined request is never answered. */
export function refuse(stream: Duplex, error: HandshakeError): void {
  if (stream.destroyed || stream.writableEnded) {
    stream.destroy();
    return;
  }
  const timer = setTimeout(() => stream.destroy(), LINGER);
  stream.once('close', () => clearTimeout(timer));
  stream.once('finish', () => stream.destroy());
  stream.end(encodeRefusal(error));
}

/** What is ours to answer for stays inside: the peer sees 500 and no word of what broke. */
export function toHandshakeError(error: unknown): HandshakeError {
  return error instanceof HandshakeError ? error : new HandshakeError(500, 'Internal Server Error');
}
