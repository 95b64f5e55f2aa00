import net from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { hearsAlone, listenerOf } from './stream-events.ts';

const { push } = Readable.prototype;

/**
 * Hands what a socket reads to who listens to it (`listenTo`) when the socket pushes it, as long as nothing can come
 * between: nothing waits in the stream, nobody paused it, and nobody else hears its 'data'. Else, and on every other
 * stream, it goes the stream's own way, which is the same for the listener and costs a twelfth of a short message more.
 */
export function readDirectly(stream: Duplex): void {
  const isItself = stream instanceof net.Socket && stream.push === push && stream.emit === net.Socket.prototype.emit;
  if (isItself) stream.push = pushToListener;
}

/** Returns whether to read on, as `push` does; null is the end, and what is no Buffer is somebody else's to make one of. */
function pushToListener(this: Duplex, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (!(chunk instanceof Buffer) || !isOpenTo(this)) return push.call(this, chunk, encoding);
  listenerOf(this)!.receive(chunk);
  return true;
}

/** Whether the stream would emit what it is given at once, and to its listener only. */
function isOpenTo(stream: Duplex): boolean {
  return stream.readableFlowing === true && stream.readableLength === 0 && hearsAlone(stream);
}
