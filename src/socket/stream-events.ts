import type { Duplex } from 'node:stream';

/** What listens to a stream that carries a WebSocket. */
export interface StreamListener {
  /** The stream's 'data', or what it would be; lent memory is written again when this returns. */
  receive(chunk: Buffer, isLent?: boolean): void;
  /** 'end': the peer sends no more. */
  streamEnded(): void;
  /** 'drain': the stream takes bytes again. */
  streamDrained(): void;
  /** 'error'; the stream is being destroyed. */
  streamFailed(error: Error): void;
  /** 'close'. */
  streamClosed(): void;
}

const kListener = Symbol('listener');
type ListenedStream = Duplex & { [kListener]?: StreamListener };

// One function for all streams, not one closure for each.

function onData(this: ListenedStream, chunk: Buffer): void {
  this[kListener]!.receive(chunk);
}

function onEnd(this: ListenedStream): void {
  this[kListener]!.streamEnded();
}

function onDrain(this: ListenedStream): void {
  this[kListener]!.streamDrained();
}

function onError(this: ListenedStream, error: Error): void {
  this[kListener]!.streamFailed(error);
  this.destroy();
}

function onClose(this: ListenedStream): void {
  this[kListener]!.streamClosed();
}

/** Hands the events of a stream to a listener; `head` is what was read of it before. */
export function listenTo(stream: Duplex, head: Buffer, listener: StreamListener): void {
  (stream as ListenedStream)[kListener] = listener;
  stream.on('error', onError);
  if (head.length > 0) stream.unshift(head);
  stream.on('close', onClose);
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('drain', onDrain);
}

/** Hears no more of it but errors: a stream may err more than once, and late. */
export function unlisten(stream: Duplex): void {
  stream.removeListener('close', onClose);
  stream.removeListener('data', onData);
  stream.removeListener('end', onEnd);
  stream.removeListener('drain', onDrain);
}

/** Who listens to a stream, if it carries a WebSocket. */
export function listenerOf(stream: Duplex): StreamListener | undefined {
  return (stream as ListenedStream)[kListener];
}

/** Whether what a stream reads is heard by its listener, and by nobody else. */
export function hearsAlone(stream: Duplex): boolean {
  return stream.listenerCount('data') === 1 && stream.listenerCount('data', onData) === 1;
}

/** Whether a stream carries a WebSocket already. */
export function isLinked(stream: Duplex): boolean {
  return listenerOf(stream) !== undefined;
}
