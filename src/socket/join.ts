import { LARGEST_JOINED } from '../protocol/shared-frames.ts';

/** One buffer for all sockets: it is in the cache, and free again as soon as a write is over. */
let scratch = Buffer.allocUnsafeSlow(LARGEST_JOINED);

/** Puts pieces behind each other in memory that is shared by all: the result is valid until the next call. */
export function joinShared(pieces: readonly Uint8Array[], length: number): Buffer {
  let at = 0;
  for (const piece of pieces) {
    scratch.set(piece, at);
    at += piece.length;
  }
  return scratch.subarray(0, length);
}

/** What was joined last is still being read: it is not to be written again. */
export function giveJoinedAway(): void {
  scratch = Buffer.allocUnsafeSlow(LARGEST_JOINED);
}
