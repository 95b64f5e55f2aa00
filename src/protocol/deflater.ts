import { Buffer } from 'node:buffer';
import { LookBack } from './deflate-look-back.ts';
import { deflateNow, type DeflateSettings, zlibOptions } from './deflate-settings.ts';
import { withoutTail } from './deflate-tail.ts';
import { DeflateWindow } from './deflate-window.ts';
import type { ZlibPool } from './zlib-pool.ts';

const NOTHING = Buffer.alloc(0);

/** What was agreed on for our messages, and how they are compressed. */
export interface DeflaterOptions {
  /** How zlib is set, and how far back the messages may refer. */
  readonly settings: DeflateSettings;
  /** Whether messages refer to those before them. */
  readonly contextTakeover: boolean;
  /** Without context takeover, messages of fewer bytes are not worth compressing; default 1024. */
  readonly threshold?: number | undefined;
  /** Where long messages are compressed; default: nowhere else. */
  readonly pool?: ZlibPool | undefined;
}

/**
 * Compresses the messages that one side of one connection sends, each at once: small ones without zlib
 * (`deflate-small.ts`), others with one call of it. RFC 7692 §7.2.1.
 *
 * The context between messages is a dictionary: the last plain bytes of the messages that were compressed. Nothing is
 * held before the first of them, nothing at all without context takeover, and no zlib state ever.
 */
export class Deflater {
  readonly settings: DeflateSettings;
  readonly #options: DeflaterOptions;
  #context: { readonly window: DeflateWindow; readonly lookBack: LookBack } | undefined;

  constructor(options: DeflaterOptions) {
    this.settings = options.settings;
    this.#options = options;
  }

  /** Bytes held for messages to come. */
  get bytesHeld(): number {
    return this.#context?.window.capacity ?? 0;
  }

  /** Whether a message of that many bytes (its first fragment, if it is sent in fragments) should be compressed. */
  isWorth(size: number): boolean {
    return this.#options.contextTakeover || size >= (this.#options.threshold ?? 1024);
  }

  /** Whether a message of that many bytes should rather be compressed by `deflateLater`. */
  isLong(size: number): boolean {
    return size >= (this.#options.pool?.deflateFrom ?? Infinity);
  }

  /** The payload of a compressed message, or of a fragment of one: `fin` says whether the message ends with it. */
  deflate(payload: Uint8Array, fin = true): Buffer {
    const deflated = this.#deflate(payload, fin);
    this.remember(payload);
    return deflated;
  }

  /** The same in the pool. The deflater must be left alone, and the payload unchanged, until `done` is called. */
  deflateLater(payload: Uint8Array, fin: boolean, done: (error: Error | null, deflated: Buffer) => void): void {
    const options = zlibOptions(this.settings, payload.length, this.#near(payload.length));
    this.#options.pool!.deflate(payload, options, (error, flushed) => {
      if (error !== null) return done(error, NOTHING);
      this.remember(payload);
      done(null, fin ? withoutTail(flushed) : flushed);
    });
  }

  /**
   * Takes note of a message that was compressed without this connection's context (`deflateShared`) and is sent on it
   * with RSV1: it is in the peer's window from then on. Messages sent without RSV1 never are (§7.2).
   */
  remember(payload: Uint8Array): void {
    if (!this.#options.contextTakeover || payload.length === 0) return;
    this.#context ??= { window: new DeflateWindow(), lookBack: new LookBack(1 << this.settings.windowBits) };
    const { window, lookBack } = this.#context;
    window.append(payload, lookBack.keep(payload.length));
  }

  #deflate(payload: Uint8Array, fin: boolean): Buffer {
    const { length } = payload;
    const context = this.#context;
    if (context === undefined || !context.lookBack.isTrial(length, context.window.length)) {
      return deflateNow(payload, this.settings, this.#near(length), fin);
    }
    const near = deflateNow(payload, this.settings, this.#last(context.lookBack.tried(length)), fin);
    const far = deflateNow(payload, this.settings, this.#last(Infinity), fin);
    context.lookBack.compare(near.length, far.length);
    return far.length < near.length ? far : near;
  }

  #near(length: number): Buffer {
    return this.#last(this.#context?.lookBack.of(length) ?? 0);
  }

  #last(most: number): Buffer {
    return this.#context?.window.last(Math.min(most, 1 << this.settings.windowBits)) ?? NOTHING;
  }
}
