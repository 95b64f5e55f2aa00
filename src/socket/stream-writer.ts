import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { BY_REFERENCE } from '../protocol/frame-encoder.ts';
import type { Outbox, SendCallback } from '../protocol/outbox.ts';
import { giveJoinedAway, joinShared, LARGEST_JOINED } from './join.ts';

/** Copying a payload that came by reference would cost more than a second piece in the write. */
function isLong(piece: Uint8Array): boolean {
  return piece.byteLength >= BY_REFERENCE;
}

/**
 * Hands what an outbox has collected to a stream, in one write where it can.
 *
 * Memory that will be written again leaves only where a write is over when it returns: on TCP with nothing before it.
 * If it then was not over, that memory is given away; everything behind it is a copy of its own.
 */
export class StreamWriter {
  readonly #stream: Duplex;
  readonly #outbox: Outbox;
  /** Whether libuv tries to write at once, and `writableLength` says whether it could. */
  readonly #writesAtOnce: boolean;

  constructor(stream: Duplex, outbox: Outbox) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#writesAtOnce = stream instanceof net.Socket && !(stream instanceof tls.TLSSocket);
  }

  /** Writes everything; `done` is called when it is written. Returns what `stream.write` does. */
  write(done?: SendCallback): boolean {
    const stream = this.#stream;
    const outbox = this.#outbox;
    const { length } = outbox;
    const pieces = outbox.take();
    const isDirect = this.#writesAtOnce && stream.writableLength === 0;
    if (length > LARGEST_JOINED || pieces.some(isLong)) return this.#writeLong(pieces, isDirect, done);

    let more: boolean;
    if (pieces.length === 1 && (isDirect || !outbox.isLent)) {
      more = stream.write(pieces[0]!, done);
      if (stream.writableLength > 0) outbox.forget();
    } else if (isDirect) {
      more = stream.write(joinShared(pieces, length), done);
      if (stream.writableLength > 0) giveJoinedAway();
    } else {
      more = stream.write(Buffer.concat(pieces, length), done);
    }
    outbox.recycle();
    return more;
  }

  #writeLong(pieces: readonly Uint8Array[], isDirect: boolean, done?: SendCallback): boolean {
    const stream = this.#stream;
    // Who does not write at once may read this for long: the slabs stay with it.
    if (!isDirect) this.#outbox.forget();
    const last = pieces.length - 1;
    if (last > 0) stream.cork();
    for (let i = 0; i < last; i++) stream.write(pieces[i]!);
    const more = stream.write(pieces[last]!, done);
    if (last > 0) stream.uncork();
    if (isDirect && stream.writableLength === 0) this.#outbox.recycle();
    else this.#outbox.forget();
    return more;
  }
}
