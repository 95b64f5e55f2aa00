import type { EventEmitter } from 'node:events';
import { toText } from '../protocol/decode-text.ts';
import { ReadyState } from './ready-state.ts';
import type { CloseInfo } from './types.ts';

/** What iterating over messages asks of a socket. */
export interface Iterated extends EventEmitter {
  readonly readyState: number;
  readonly isPaused: boolean;
  readonly closeInfo: CloseInfo;
  pause(): void;
  resume(): void;
}

/** Text as a string; binary as `binaryType` says, by default as a Buffer. */
export type Message = string | Buffer;

/** A message that was read ahead, and what it counts for. */
interface Ahead {
  readonly message: Message;
  readonly size: number;
}

interface Waiting {
  readonly resolve: (result: IteratorResult<Message, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/** Bytes that wait for the consumer until reading stops; a message counts for more than its payload. */
const PAUSE_AT = 65_536;
const PER_MESSAGE = 64;

/**
 * The messages of a socket from now on, in order. While its consumer is busy it reads no more than a little ahead, and
 * TCP slows the peer down. It ends when the peer says Close, and throws when the connection fails or is lost: what was
 * read is not all there was. Leaving the loop leaves the socket open.
 */
export class MessageIterator implements AsyncIterableIterator<Message> {
  readonly #ws: Iterated;
  readonly #messages: Ahead[] = [];
  readonly #waiting: Waiting[] = [];
  #size = 0;
  #holding = false;
  #error: Error | undefined;
  #isOver: boolean;

  constructor(ws: Iterated) {
    this.#ws = ws;
    this.#isOver = ws.readyState === ReadyState.CLOSED;
    if (this.#isOver) return;
    ws.on('message', this.#onMessage);
    ws.on('error', this.#onError);
    ws.on('close', this.#onClose);
  }

  /** The next message, when there is one. */
  next(): Promise<IteratorResult<Message, undefined>> {
    const next = this.#messages.shift();
    if (next !== undefined) {
      this.#size -= next.size;
      if (this.#messages.length === 0) this.#release();
      return Promise.resolve({ value: next.message, done: false });
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Called when a loop is left. What was read ahead is dropped. */
  return(): Promise<IteratorResult<Message, undefined>> {
    this.#messages.length = 0;
    this.#error = undefined;
    this.#end();
    this.#release();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Itself: all loops over it share its messages. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #onMessage = (data: Buffer, isBinary: boolean): void => {
    const message = isBinary ? data : toText(data);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting.resolve({ value: message, done: false });
    const size = sizeOf(message);
    this.#messages.push({ message, size });
    this.#size += size;
    if (this.#size < PAUSE_AT || this.#ws.isPaused) return;
    this.#holding = true;
    this.#ws.pause();
  };

  readonly #onError = (error: Error): void => {
    this.#error = error;
  };

  readonly #onClose = (code: number): void => {
    const { received, cause } = this.#ws.closeInfo;
    if (received === undefined) this.#error ??= new Error(`The connection was lost (${code})`, { cause });
    this.#end();
  };

  #end(): void {
    this.#isOver = true;
    this.#ws.removeListener('message', this.#onMessage);
    this.#ws.removeListener('error', this.#onError);
    this.#ws.removeListener('close', this.#onClose);
    const [first, ...others] = this.#waiting.splice(0);
    if (first === undefined) return;
    if (this.#error === undefined) first.resolve({ value: undefined, done: true });
    else first.reject(this.#error);
    this.#error = undefined;
    for (const { resolve } of others) resolve({ value: undefined, done: true });
  }

  #release(): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.#ws.resume();
  }
}

/** An ArrayBuffer and a Blob name their size otherwise. */
function sizeOf(message: Message | { readonly byteLength: number } | { readonly size: number }): number {
  if (typeof message === 'object' && 'size' in message) return message.size + PER_MESSAGE;
  return Buffer.byteLength(message as Message) + PER_MESSAGE;
}
