import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { BY_REFERENCE } from '../protocol/frame-encoder.ts';
import type { Outbox, SendCallback } from '../protocol/outbox.ts';
import { giveJoinedAway, joinShared, LARGEST_JOINED } from './join.ts';

/** Copying a payload that came by reference would cost more than a second piece in the write. */
function isLong(piece: Uint8Array): boolean {
  return piece.length >= BY_REFERENCE;
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
  /** Whether the stream may have bytes that it has not passed on: to ask it costs as much as to parse a message. */
  #mayWait = true;

  constructor(stream: Duplex, outbox: Outbox) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#writesAtOnce = stream instanceof net.Socket && !(stream instanceof tls.TLSSocket);
  }

  /** Bytes of what was written that the stream has not passed on. */
  get waiting(): number {
    if (!this.#mayWait) return 0;
    const { writableLength } = this.#stream;
    this.#mayWait = writableLength > 0;
    return writableLength;
  }

  /** Writes everything; `done` is called when it is written. Returns what `stream.write` does. */
  write(done?: SendCallback): boolean {
    const isDirect = this.#writesAtOnce && this.waiting === 0;
    const { length } = this.#outbox;
    const run = this.#outbox.takeRun();
    if (run !== undefined) return this.#writeOne(run, isDirect, done);
    const pieces = this.#outbox.take();
    if (pieces.length === 1) return this.#writeOne(pieces[0]!, isDirect, done);
    if (length > LARGEST_JOINED || pieces.some(isLong)) return this.#writeLong(pieces, isDirect, done);
    return this.#writeJoined(pieces, length, isDirect, done);
  }

  /** The common cases: everything was copied behind each other, or it is one message that is prepared for many. */
  #writeOne(piece: Uint8Array, isDirect: boolean, done?: SendCallback): boolean {
    if (isDirect) {
      const more = this.#write(piece, done);
      this.#letGo();
      return more;
    }
    const own = this.#outbox.isLent && !isLong(piece) ? Buffer.from(piece) : piece;
    if (own !== piece) this.#outbox.recycle();
    else this.#outbox.forget();
    return this.#write(own, done);
  }

  #writeJoined(pieces: readonly Uint8Array[], length: number, isDirect: boolean, done?: SendCallback): boolean {
    if (!isDirect) {
      const joined = Buffer.concat(pieces, length);
      this.#outbox.recycle();
      return this.#write(joined, done);
    }
    const more = this.#write(joinShared(pieces, length), done);
    if (this.waiting > 0) giveJoinedAway();
    this.#outbox.recycle();
    return more;
  }

  #writeLong(pieces: readonly Uint8Array[], isDirect: boolean, done?: SendCallback): boolean {
    const stream = this.#stream;
    // Who does not write at once may read this for long: the slabs stay with it.
    if (!isDirect) this.#outbox.forget();
    const last = pieces.length - 1;
    stream.cork();
    for (let i = 0; i < last; i++) stream.write(pieces[i]!);
    const more = this.#write(pieces[last]!, done);
    stream.uncork();
    if (isDirect) this.#letGo();
    return more;
  }

  #write(bytes: Uint8Array, done: SendCallback | undefined): boolean {
    this.#mayWait = true;
    return this.#stream.write(bytes, done);
  }

  /** After a direct write: what is over leaves its memory to others, what is not keeps it. */
  #letGo(): void {
    if (this.waiting === 0) this.#outbox.recycle();
    else this.#outbox.forget();
  }
}
