import type { Buffer } from 'node:buffer';
import type { ZlibOptions } from 'node:zlib';

/** What zlib gives with `info: true`; `bytesWritten` are the bytes that went in. */
export interface InflateResult {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * zlib beside the event loop, for messages that would hold it up. Whoever has I/O passes it in; without one, everything
 * is done at once. `done` is called once, after the call has returned, with an error or a result.
 */
export interface ZlibPool {
  /** Messages of so many bytes or more are compressed here. */
  readonly deflateFrom: number;
  /** Compressed messages of so many bytes or more are inflated here. */
  readonly inflateFrom: number;
  deflate(payload: Uint8Array, options: ZlibOptions, done: (error: Error | null, flushed: Buffer) => void): void;
  inflate(input: Uint8Array, options: ZlibOptions, done: (error: Error | null, result: InflateResult) => void): void;
}
