import { Buffer } from 'node:buffer';
import { BY_REFERENCE } from './frame-encoder.ts';

/** The most bytes that are joined: a copy of more costs more than a second piece in the write. */
export const LARGEST_JOINED = 65_536;

/**
 * Frames behind each other that many connections are sent, as in broadcasts. Whoever is sent another one moves on to
 * what `with` returns, which is the same for all who are at the same point: nobody has a list of its own, and the bytes
 * are joined once, not for each.
 *
 * A message that its user keeps is the first of all that followed it, in whatever tick. So joined bytes are held only
 * where the latest tick ended: who goes on behind them, or joins before them, lets go of them.
 */
export class SharedFrames {
  /** Bytes of all of them. */
  readonly length: number;
  readonly #before: SharedFrames | undefined;
  readonly #last: Buffer;
  #next: SharedFrames | undefined;
  #joined: Buffer | undefined;

  /** The frame must stay as it is. */
  constructor(frame: Buffer, before?: SharedFrames) {
    this.length = frame.length + (before?.length ?? 0);
    this.#before = before;
    this.#last = frame;
  }

  /** These and a single one behind them; undefined if that would be too long to be joined. */
  with(one: SharedFrames): SharedFrames | undefined {
    const frame = one.#last;
    const next = this.#next;
    if (next !== undefined && next.#last === frame) {
      this.#joined = undefined;
      return next;
    }
    const isLong = this.#last.length >= BY_REFERENCE || frame.length >= BY_REFERENCE;
    if (isLong || this.length + frame.length > LARGEST_JOINED) return undefined;
    this.#joined = undefined;
    return (this.#next = new SharedFrames(frame, this));
  }

  /** All of them in one piece. */
  get bytes(): Buffer {
    return this.#before === undefined ? this.#last : (this.#joined ??= this.#join());
  }

  #join(): Buffer {
    this.#next = undefined;
    const joined = Buffer.allocUnsafe(this.length);
    joined.set(this.#last, this.length - this.#last.length);
    for (let frames = this.#before; frames !== undefined; frames = frames.#before) {
      joined.set(frames.#last, frames.length - frames.#last.length);
    }
    return joined;
  }
}
