import { Buffer } from 'node:buffer';
import { constants, type ZlibOptions } from 'node:zlib';
import { CloseCode } from './close.ts';
import { LARGEST_CHUNK } from './deflate-options.ts';
import { TAIL } from './deflate-tail.ts';
import { DeflateWindow } from './deflate-window.ts';
import { ProtocolError } from './errors.ts';
import { tooBig } from './frame-violations.ts';
import type { InflateResult } from './zlib-pool.ts';

const NOTHING = Buffer.alloc(0);

/** Output comes in pieces of eight times the input, from this size on. */
const SMALLEST_CHUNK = 1024;

/** Each stream in a message costs a call of zlib, and takes two bytes to ask for: their number is bounded. */
const MAX_STREAMS = 256;

interface InflationOptions {
  /** Most bytes in the message, 0 for no limit. */
  readonly limit: number;
  readonly windowBits: number;
  readonly window: DeflateWindow | undefined;
  readonly chunkSize: number | undefined;
}

/**
 * One message on its way out of its compression. Most take one call of zlib; but a block may say that it is the final
 * one of its stream (§7.2.3.4), and what follows it is another stream, which may refer to all that went before.
 */
export class Inflation {
  /** What has not been inflated. */
  input: Buffer;
  #window: DeflateWindow | undefined;
  readonly #windowBits: number;
  readonly #limit: number;
  readonly #chunkSize: number;
  readonly #outputs: Buffer[] = [];
  #length = 0;

  constructor(payload: Uint8Array, { limit, windowBits, window, chunkSize }: InflationOptions) {
    // The sender took it away. RFC 7692 §7.2.2.
    this.input = Buffer.concat([payload, TAIL]);
    this.#window = window;
    this.#windowBits = windowBits;
    this.#limit = limit > 0 ? limit : Infinity;
    this.#chunkSize = chunkSize ?? Math.min(Math.max(8 * payload.length, SMALLEST_CHUNK), LARGEST_CHUNK);
  }

  /** What zlib must be called with for `input`. */
  get zlibOptions(): ZlibOptions {
    const options: ZlibOptions = {
      dictionary: this.#window?.last(1 << this.#windowBits) ?? NOTHING,
      windowBits: this.#windowBits,
      chunkSize: this.#chunkSize,
      finishFlush: constants.Z_SYNC_FLUSH,
      info: true,
    };
    // zlib takes no limit of 0 bytes; `take` finds the byte too many.
    if (this.#limit < Infinity) options.maxOutputLength = Math.max(1, this.#limit - this.#length);
    return options;
  }

  /** Takes what zlib made of `input`; whether that was all of it. */
  take({ buffer, engine }: InflateResult): boolean {
    this.#outputs.push(buffer);
    this.#length += buffer.length;
    if (this.#length > this.#limit) throw tooBig();
    if (engine.bytesWritten >= this.input.length) return true;
    if (this.#outputs.length === MAX_STREAMS) {
      throw new ProtocolError(
        CloseCode.PolicyViolation,
        'WS_ERR_TOO_MANY_BUFFERED_PARTS',
        'Too many final blocks in a compressed message',
      );
    }
    this.#lookBackOn(buffer);
    this.input = this.input.subarray(engine.bytesWritten);
    return false;
  }

  /** The next stream sees this one's output; the connection's window stays as it is until the message is whole. */
  #lookBackOn(output: Buffer): void {
    const size = 1 << this.#windowBits;
    if (this.#outputs.length === 1) {
      const before = this.#window?.last(size) ?? NOTHING;
      this.#window = new DeflateWindow();
      this.#window.append(before, size);
    }
    this.#window?.append(output, size);
  }

  /** The whole message. A piece that is mostly empty is not kept for the few bytes in it. */
  get output(): Buffer {
    if (this.#outputs.length > 1) return Buffer.concat(this.#outputs, this.#length);
    const first = this.#outputs[0] ?? NOTHING;
    const isSpacious = first.buffer.byteLength > Math.max(2 * first.length, Buffer.poolSize);
    return isSpacious ? Buffer.from(first) : first;
  }
}

/** zlib's refusal as what the peer did wrong, with zlib's `code` and `errno`; its own error is the `cause`. */
export function inflateError(error: Error): Error {
  if (!('code' in error)) return error;
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return tooBig();
  if (error.code !== 'Z_DATA_ERROR') return error;
  const fault = new ProtocolError(CloseCode.InvalidPayload, 'Z_DATA_ERROR', error.message, { cause: error });
  return Object.assign(fault, { errno: (error as NodeJS.ErrnoException).errno });
}
