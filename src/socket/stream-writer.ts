import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { BY_REFERENCE } from '../protocol/frame-encoder.ts';
import type { Outbox, SendCallback } from '../protocol/outbox.ts';
import { LARGEST_JOINED } from '../protocol/shared-frames.ts';
import { LARGEST_SLAB } from '../protocol/slabs.ts';
import { giveJoinedAway, joinShared } from './join.ts';

const { write, _write, _writev } = net.Socket.prototype;

/** Whether what libuv reads and writes is what the stream carries, with nothing between. */
export function isPlainSocket(stream: Duplex): boolean {
  return stream instanceof net.Socket && !(stream instanceof tls.TLSSocket);
}

/**
 * Whether libuv tries to write at once, so that a write is over when it returns unless `writableLength` tells. Who
 * writes in some other way, on a class or an object made from a socket, may keep what it was given.
 */
export function writesAtOnce(stream: Duplex): boolean {
  return isPlainSocket(stream) && hasOwnWrites(stream);
}

/** Whether a plain socket still writes by itself: `write` can be replaced at any time, by who counts or delays. */
export function hasOwnWrites(stream: Duplex): boolean {
  return stream.write === write && stream._write === _write && stream._writev === _writev;
}

/**
 * Hands what an outbox has collected to a stream, in one write where it can; `done` is called when it is written.
 * Returns how many bytes the stream has not passed on.
 *
 * Memory that will be written again leaves only where a write is over when it returns: `isDirect` says that the stream
 * writes at once and has nothing before it. If it then was not over, that memory is given away; everything behind it
 * is a copy of its own.
 */
export function writeOutbox(stream: Duplex, outbox: Outbox, isDirect: boolean, done?: SendCallback): number {
  const { length } = outbox;
  const one = outbox.takeOne();
  if (one !== undefined) return writeOne(stream, outbox, one, isDirect, done);
  const pieces = outbox.take();
  if (pieces.length === 1) return writeOne(stream, outbox, pieces[0]!, isDirect, done);
  if (length > LARGEST_JOINED || pieces.some(isLong)) return writeLong(stream, outbox, pieces, isDirect, done);
  if (isDirect) return writeJoined(stream, outbox, pieces, length, done);
  const joined = Buffer.concat(pieces, length);
  outbox.recycle();
  stream.write(joined, done);
  return stream.writableLength;
}

/** The common cases: everything was copied behind each other, or all of it is shared with others. */
function writeOne(stream: Duplex, outbox: Outbox, piece: Uint8Array, isDirect: boolean, done?: SendCallback): number {
  if (isDirect) {
    stream.write(piece, done);
    return letGo(stream, outbox);
  }
  // What waits for long is not to hold twice the memory that it takes.
  const own = outbox.isLent && piece.length < LARGEST_SLAB / 2 ? Buffer.from(piece) : piece;
  if (own !== piece) outbox.recycle();
  else leave(stream, outbox);
  stream.write(own, done);
  return stream.writableLength;
}

function writeJoined(
  stream: Duplex,
  outbox: Outbox,
  pieces: readonly Uint8Array[],
  length: number,
  done?: SendCallback,
): number {
  stream.write(joinShared(pieces, length), done);
  outbox.recycle();
  const waiting = stream.writableLength;
  if (waiting > 0) giveJoinedAway();
  return waiting;
}

function writeLong(
  stream: Duplex,
  outbox: Outbox,
  pieces: readonly Uint8Array[],
  isDirect: boolean,
  done?: SendCallback,
): number {
  // Who does not write at once may read this for long: the slabs stay with it.
  if (!isDirect) leave(stream, outbox);
  const last = pieces.length - 1;
  stream.cork();
  for (let i = 0; i < last; i++) stream.write(pieces[i]!);
  stream.write(pieces[last]!, done);
  stream.uncork();
  return isDirect ? letGo(stream, outbox) : stream.writableLength;
}

/** After a direct write: what is over leaves its memory to others, what is not keeps it. */
function letGo(stream: Duplex, outbox: Outbox): number {
  const waiting = stream.writableLength;
  if (waiting === 0) outbox.recycle();
  else leave(stream, outbox);
  return waiting;
}

/** Leaves the memory of the outbox to the stream. When nothing waits there any more, or ever will, nobody reads it. */
function leave(stream: Duplex, outbox: Outbox): void {
  outbox.forget(() => stream.writableLength === 0 || stream.closed);
}

/** Copying a payload that came by reference would cost more than a second piece in the write. */
function isLong(piece: Uint8Array): boolean {
  return piece.length >= BY_REFERENCE;
}
