import type { Duplex } from 'node:stream';
import type { SendCallback } from '../protocol/outbox.ts';

/**
 * Whether a run of bytes may go to a stream that writes at once (`writesAtOnce`) by `writeDirectly`: nothing waits
 * there, whoever wrote it, and nobody wants it to.
 */
export function takesDirectly(stream: Duplex): boolean {
  return stream.writableLength === 0 && stream.writableCorked === 0;
}

/**
 * Has a socket write without the stream that it is as well, whose books of each write (what waits, whom to tell, a
 * callback in a later tick) an outbox keeps already: a twelfth of a short message. `written` is called when it is over:
 * before this returns, or later if the system did not take all. The stream knows nothing of it, so until then what is
 * written is to be counted by whoever called this, who keeps the stream busy.
 */
export function writeDirectly(stream: Duplex, bytes: Uint8Array, written: SendCallback): void {
  stream._write(bytes, 'buffer' as BufferEncoding, written);
}
