import { Buffer } from 'node:buffer';
import { inflateRawSync } from 'node:zlib';
import { DeflateWindow } from './deflate-window.ts';
import { inflateSmall, SMALL } from './inflate-small.ts';
import { Inflation, inflateError } from './inflation.ts';
import type { InflateResult, ZlibPool } from './zlib-pool.ts';

const NOTHING = Buffer.alloc(0);

/** What was agreed on for the peer's messages, and what they may cost. */
export interface InflaterOptions {
  /** 8 to 15: the peer's messages refer back to at most 2 to that power bytes. */
  readonly windowBits: number;
  /** Whether they refer to messages before them. */
  readonly contextTakeover: boolean;
  /** Bytes of one piece of output; default: by the size of the message. */
  readonly chunkSize?: number | undefined;
  /** Where long messages are inflated; default: nowhere else. */
  readonly pool?: ZlibPool | undefined;
}

/**
 * Decompresses the messages that the other side of one connection sends, small ones without zlib (`inflate-small.ts`),
 * others each with one call of it. RFC 7692 §7.2.2.
 * The window is held as plain bytes: as many as there were, at most what was negotiated; nothing before the first
 * compressed message, nothing at all without context takeover, and no zlib state ever.
 *
 * Errors are ProtocolErrors: 1009 for more than `limit` bytes (0 for no limit), found at the cost of one piece of output
 * more than that; 1007 for what is not DEFLATE, with zlib's error as the `cause`; 1008 for streams without end.
 * A message that breaks off early is what came of it. After an error the connection must be failed.
 */
export class Inflater {
  readonly #options: InflaterOptions;
  #window: DeflateWindow | undefined;

  constructor(options: InflaterOptions) {
    this.#options = options;
  }

  /** Bytes held for messages to come. */
  get bytesHeld(): number {
    return this.#window?.capacity ?? 0;
  }

  /** Whether a compressed message of that many bytes should rather be inflated by `inflateLater`. */
  isLong(size: number): boolean {
    return size >= (this.#options.pool?.inflateFrom ?? Infinity);
  }

  /** The message in the joined payloads of its frames; throws the errors. */
  inflate(payload: Uint8Array, limit = 0): Buffer {
    if (payload.length < SMALL) {
      const reach = 1 << this.#options.windowBits;
      const message = inflateSmall(payload, this.#window?.last(reach) ?? NOTHING, reach, limit > 0 ? limit : Infinity);
      if (message !== undefined) return this.#settle(message);
    }
    const inflation = this.#begin(payload, limit);
    try {
      while (!inflation.take(inflateSync(inflation)));
    } catch (error) {
      throw inflateError(error as Error);
    }
    return this.#settle(inflation.output);
  }

  /** The same in the pool. The inflater must be left alone, and the payload unchanged, until `done` is called. */
  inflateLater(payload: Uint8Array, limit: number, done: (error: Error | null, message: Buffer) => void): void {
    const inflation = this.#begin(payload, limit);
    const step = () =>
      this.#options.pool!.inflate(inflation.input, inflation.zlibOptions, (error, result) => {
        let isDone;
        try {
          if (error !== null) throw error;
          isDone = inflation.take(result);
        } catch (problem) {
          return done(inflateError(problem as Error), NOTHING);
        }
        if (isDone) done(null, this.#settle(inflation.output));
        else step();
      });
    step();
  }

  #begin(payload: Uint8Array, limit: number): Inflation {
    const { windowBits, chunkSize } = this.#options;
    return new Inflation(payload, { limit, windowBits, window: this.#window, chunkSize });
  }

  #settle(message: Buffer): Buffer {
    const { contextTakeover, windowBits } = this.#options;
    if (contextTakeover && message.length > 0) (this.#window ??= new DeflateWindow()).append(message, 1 << windowBits);
    return message;
  }
}

/** The types of Node do not know what `info` changes. */
function inflateSync(inflation: Inflation): InflateResult {
  return inflateRawSync(inflation.input, inflation.zlibOptions) as unknown as InflateResult;
}
