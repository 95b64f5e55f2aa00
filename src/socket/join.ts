/** The most bytes that are joined: more go out as they are, in one `writev`. */
export const LARGEST_JOINED = 65_536;

/** One buffer for all sockets: it is in the cache, and free again as soon as a write is over. */
let scratch = Buffer.allocUnsafeSlow(LARGEST_JOINED);
let joined = scratch.subarray(0, 0);
let joinedPieces: readonly Uint8Array[] = [];

/**
 * Puts pieces behind each other in memory that is shared by all: the result is valid until the next call. A broadcast
 * asks for the same pieces socket after socket, and is given the same bytes without a copy: pieces must be immutable.
 */
export function joinShared(pieces: readonly Uint8Array[], length: number): Buffer {
  if (isJoined(pieces)) return joined;
  let at = 0;
  for (const piece of pieces) {
    scratch.set(piece, at);
    at += piece.byteLength;
  }
  joined = scratch.subarray(0, length);
  joinedPieces = pieces;
  return joined;
}

/** What was joined last is still being read: it is not to be written again. */
export function giveJoinedAway(): void {
  scratch = Buffer.allocUnsafeSlow(LARGEST_JOINED);
  joined = scratch.subarray(0, 0);
  joinedPieces = [];
}

function isJoined(pieces: readonly Uint8Array[]): boolean {
  if (pieces.length !== joinedPieces.length) return false;
  for (let i = 0; i < pieces.length; i++) if (pieces[i] !== joinedPieces[i]) return false;
  return true;
}
