import { deflateRaw, inflateRaw } from 'node:zlib';
import type { InflateResult, ZlibPool } from '../protocol/zlib-pool.ts';
import { Turnstile } from './turnstile.ts';

/** From here on, the way to the thread pool and back (some 50 µs) is short beside the work. */
const DEFLATE_FROM = 16_384;

/** So many bytes can become 8 MiB, which are inflated in about 10 ms; usually they become 40 KiB, in 50 µs. */
const INFLATE_FROM = 8192;

/** A zlib context is up to 256 KiB: thousands of connections must not have one each at the same moment. */
const turnstile = new Turnstile();

/**
 * zlib on the threads of libuv. At most `concurrencyLimit` jobs of the process run at a time (default 10, as in `ws`);
 * the others wait for their turn.
 */
export function zlibThreadPool(concurrencyLimit = 10): ZlibPool {
  return {
    deflateFrom: DEFLATE_FROM,
    inflateFrom: INFLATE_FROM,
    deflate: (payload, options, done) =>
      turnstile.enter(concurrencyLimit, (leave) =>
        deflateRaw(payload, options, (error, flushed) => {
          leave();
          done(error, flushed);
        }),
      ),
    inflate: (input, options, done) =>
      turnstile.enter(concurrencyLimit, (leave) =>
        inflateRaw(input, options, (error, result) => {
          leave();
          // The types of Node do not know what `info` changes.
          done(error, result as unknown as InflateResult);
        }),
      ),
  };
}
