import type { Buffer } from 'node:buffer';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Deflater } from '../protocol/deflater.ts';
import type { Inflater } from '../protocol/inflater.ts';
import { inflateError, type InflateResult } from '../protocol/inflation.ts';
import { Turnstile } from './turnstile.ts';

/** From this many bytes on, a message is worth the way to the thread pool and back (about 50 µs, see bench/micro). */
export const ASYNC_DEFLATE_LENGTH = 16_384;

/** What `concurrencyLimit` is by default. */
const CONCURRENCY = 10;

/** A zlib context is up to 256 KiB: thousands of connections must not have one each at the same moment. */
const turnstile = new Turnstile();

/** Called once, never before the call that it was given to returns. */
export type CodecCallback = (error: Error | undefined, result: Buffer | undefined) => void;

/**
 * `deflater.deflate` on the thread pool. The deflater must be left alone, and the payload unchanged, until `callback`
 * is called with what would have been returned or thrown.
 */
export function deflateAsync(
  deflater: Deflater,
  payload: Uint8Array,
  fin: boolean,
  callback: CodecCallback,
  concurrencyLimit = CONCURRENCY,
): void {
  turnstile.enter(concurrencyLimit, (done) => {
    deflateRaw(payload, deflater.zlibOptions(payload.length), (error, flushed) => {
      done();
      if (error !== null) callback(error, undefined);
      else callback(undefined, deflater.settle(payload, flushed, fin));
    });
  });
}

/** `inflater.inflate` on the thread pool, in the same way. `maxLength` 0 is no limit. */
export function inflateAsync(
  inflater: Inflater,
  payload: Uint8Array,
  maxLength: number,
  callback: CodecCallback,
  concurrencyLimit = CONCURRENCY,
): void {
  turnstile.enter(concurrencyLimit, (done) => {
    const inflation = inflater.begin(payload, maxLength);
    const fail = (error: unknown) => {
      done();
      callback(inflateError(error) as Error, undefined);
    };
    const step = () =>
      inflateRaw(inflation.input, inflation.zlibOptions, (error, result) => {
        if (error !== null) return fail(error);
        try {
          // The types of Node do not know what `info` changes.
          if (!inflation.take(result as unknown as InflateResult)) return step();
        } catch (problem) {
          return fail(problem);
        }
        done();
        callback(undefined, inflater.settle(inflation));
      });
    step();
  });
}
