import { Buffer } from 'node:buffer';
import type { DeflateSettings } from './deflate-settings.ts';
import { encodeFrame, encodeTextFrame } from './frame-encoder.ts';
import { Hindrance } from './hindrance.ts';
import { nextMaskingKey } from './masking-keys.ts';
import { FIN, Opcode, RSV1 } from './opcode.ts';
import { Outbox, type SendCallback } from './outbox.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { Role } from './role.ts';

/** Compresses what is sent. RFC 7692. */
export interface MessageDeflater {
  /** Whether a message of this many bytes is worth compressing. */
  isWorth(size: number): boolean;
  /** One message, or one fragment of it; `last` when it ends the message. */
  deflate(payload: Uint8Array, last: boolean): Uint8Array;
  /** The same for a payload that would block the event loop for long; `deflate` is not called meanwhile. */
  deflateLater(payload: Uint8Array, last: boolean, done: (error: Error | null, bytes: Uint8Array) => void): void;
  /** Whether a payload of this many bytes should rather be compressed by `deflateLater`. */
  isLong(size: number): boolean;
  /** What is the same for all connections that can be sent the same compressed bytes. */
  readonly settings: DeflateSettings;
  /** A message that was compressed elsewhere is sent: it is part of the context from now on. */
  remember(payload: Uint8Array): void;
}

/** How one message, or a part of it, is sent. */
export interface SendOptions {
  /** Whether this ends the message; default true. */
  readonly fin?: boolean | undefined;
  /** Whether the frame is masked; default: a client's is, a server's is not, as RFC 6455 §5.1 asks. */
  readonly mask?: boolean | undefined;
  /** Whether the message may be compressed, if that was agreed on; default true. */
  readonly compress?: boolean | undefined;
}

/** How a connection sends. */
export interface FrameWriterOptions {
  /** permessage-deflate, if it was agreed on. RFC 7692. */
  readonly deflate?: { readonly deflater: MessageDeflater } | undefined;
  /** Where a client's masking keys come from; default: the system's CSPRNG. */
  readonly nextMaskingKey?: (() => number) | undefined;
}

/** Where a message is more than one frame of its own that could be written at once. */
const CAREFUL = Hindrance.Busy | Hindrance.InMessage | Hindrance.Deflates;

interface Waiting {
  readonly size: number;
  readonly write: () => void;
  readonly callback: SendCallback | undefined;
}

/**
 * Messages and control frames to frames in the outbox, in the order of the calls. What takes its time (a large
 * message being compressed, a Blob being read) holds back everything behind it.
 */
export class FrameWriter extends Outbox {
  readonly role: Role;
  readonly #deflater: MessageDeflater | undefined;
  #queued = 0;

  /** What the message that takes its time is to call back, and what waits behind it. */
  #held: SendCallback | undefined;
  #queue: Waiting[] | undefined;
  #compressing = false;
  readonly #nextMaskingKey: () => number;
  #over = false;

  constructor(role: Role, options: FrameWriterOptions = {}) {
    super();
    this.role = role;
    this.#deflater = options.deflate?.deflater;
    if (role === 'client') this.hindrances |= Hindrance.Client;
    if (this.#deflater !== undefined) this.hindrances |= Hindrance.Deflates;
    this.#nextMaskingKey = options.nextMaskingKey ?? nextMaskingKey;
  }

  /** Whether messages may be sent. */
  get isOpen(): boolean {
    return (this.hindrances & Hindrance.Sealed) === 0;
  }

  /** Whether a message for many is simply added to what waits: the common case of a broadcast. */
  get isUnhindered(): boolean {
    return this.hindrances === 0;
  }

  /** No more messages are to be sent: a Close was sent or came, or the transport ends. */
  seal(): void {
    this.hindrances |= Hindrance.Sealed;
  }

  #isBusy(): boolean {
    return (this.hindrances & Hindrance.Busy) !== 0;
  }

  #isInMessage(): boolean {
    return (this.hindrances & Hindrance.InMessage) !== 0;
  }

  /** Bytes of messages that are not in the outbox yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Writes a message, or a fragment of one. */
  message(data: string | Uint8Array, isBinary: boolean, options?: SendOptions, callback?: SendCallback): void {
    if ((this.hindrances & CAREFUL) !== 0 || !(options?.fin ?? true)) {
      return this.#carefully(data, isBinary, options, callback);
    }
    this.#write(FIN | (isBinary ? Opcode.Binary : Opcode.Text), data, options?.mask, callback);
  }

  #carefully(
    data: string | Uint8Array,
    isBinary: boolean,
    options: SendOptions | undefined,
    callback: SendCallback | undefined,
  ): void {
    if (this.#isBusy()) {
      return this.#wait(byteLength(data), () => this.message(data, isBinary, options, callback), callback);
    }
    const fin = options?.fin ?? true;
    let first: number = fin ? FIN : 0;
    if (this.#isInMessage()) first |= Opcode.Continuation;
    else {
      first |= isBinary ? Opcode.Binary : Opcode.Text;
      this.#compressing = this.#shouldCompress(data, fin, options);
      if (this.#compressing) first |= RSV1;
    }
    if (fin) this.hindrances &= ~Hindrance.InMessage;
    else this.hindrances |= Hindrance.InMessage;
    if (this.#compressing) this.#deflate(first, data, options?.mask, callback);
    else this.#write(first, data, options?.mask, callback);
  }

  #shouldCompress(data: string | Uint8Array, fin: boolean, options: SendOptions | undefined): boolean {
    if (this.#deflater === undefined || options?.compress === false) return false;
    return !fin || this.#deflater.isWorth(byteLength(data));
  }

  /** Writes a message that was encoded once for many. */
  prepared(message: PreparedMessage, callback?: SendCallback): void {
    if (this.#isBusy()) return this.#wait(message.data.length, () => this.prepared(message, callback), callback);
    if (this.role === 'client' || this.#isInMessage()) {
      return this.message(message.data, message.isBinary, undefined, callback);
    }
    const deflater = this.#deflater;
    if (deflater?.isWorth(message.data.length)) {
      this.appendShared(message.sharedDeflated(deflater.settings));
      deflater.remember(message.data);
    } else {
      this.appendShared(message.shared());
    }
    if (callback !== undefined) this.onTaken(callback);
  }

  /** Writes a Close, Ping or Pong. */
  control(opcode: Opcode, payload: Uint8Array, mask?: boolean, callback?: SendCallback): void {
    if (this.#isBusy()) {
      // A copy: until its turn comes, a ping that is answered is its listener's, who may change it.
      const own = Buffer.from(payload);
      return this.#wait(own.length, () => this.control(opcode, own, mask, callback), callback);
    }
    this.#write(FIN | opcode, payload, mask, callback);
  }

  /** Sends a message whose `size` bytes have yet to be read; what is sent after it waits for it. */
  messageLater(
    size: number,
    read: (done: (error: Error | null, data: Uint8Array) => void) => void,
    isBinary: boolean,
    options?: SendOptions,
    callback?: SendCallback,
  ): void {
    if (this.#isBusy()) {
      return this.#wait(size, () => this.messageLater(size, read, isBinary, options, callback), callback);
    }
    this.#hold(size, callback, read, (data) => this.message(data, isBinary, options, callback));
  }

  /** Calls back when everything before is in the outbox: at once unless something holds it back. */
  afterAll(callback: () => void): void {
    if (this.#isBusy()) this.#wait(0, callback, undefined);
    else callback();
  }

  /** The transport is gone: what waits will never be sent. Its callbacks go behind those of the outbox, in order. */
  abandon(): void {
    this.#over = true;
    this.seal();
    const callbacks = [this.#held, ...(this.#queue ?? []).map(({ callback }) => callback)];
    this.#held = undefined;
    this.#queue = undefined;
    this.#queued = 0;
    for (const callback of callbacks) if (callback !== undefined) this.onTaken(callback);
  }

  #deflate(
    first: number,
    data: string | Uint8Array,
    mask: boolean | undefined,
    callback: SendCallback | undefined,
  ): void {
    const deflater = this.#deflater!;
    const payload = typeof data === 'string' ? Buffer.from(data) : data;
    const last = (first & FIN) !== 0;
    if (!deflater.isLong(payload.byteLength))
      return this.#write(first, deflater.deflate(payload, last), mask, callback);
    this.#hold(
      payload.byteLength,
      callback,
      (done) => deflater.deflateLater(payload, last, done),
      (bytes) => this.#write(first, bytes, mask, callback),
    );
  }

  #write(
    first: number,
    data: string | Uint8Array,
    mask: boolean | undefined,
    callback: SendCallback | undefined,
  ): void {
    const key = (mask ?? this.role === 'client') ? this.#nextMaskingKey() : undefined;
    if (typeof data === 'string') encodeTextFrame(this, first, data, key);
    else encodeFrame(this, first, data, key);
    if (callback !== undefined) this.onTaken(callback);
  }

  /** Holds everything back until `start` has called back. */
  #hold(
    size: number,
    callback: SendCallback | undefined,
    start: (done: (error: Error | null, bytes: Uint8Array) => void) => void,
    write: (bytes: Uint8Array) => void,
  ): void {
    this.hindrances |= Hindrance.Busy;
    this.#held = callback;
    this.#queued += size;
    start((error, bytes) => {
      this.hindrances &= ~Hindrance.Busy;
      if (this.#over) return;
      this.#held = undefined;
      this.#queued -= size;
      if (error === null) write(bytes);
      // Also without a callback: whoever owns the transport is to see that there is room again.
      else this.onTaken(() => callback?.(error));
      this.#catchUp();
    });
  }

  #wait(size: number, write: () => void, callback: SendCallback | undefined): void {
    this.#queued += size;
    (this.#queue ??= []).push({ size, write, callback });
  }

  #catchUp(): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    let done = 0;
    while (!this.#isBusy() && !this.#over && done < queue.length) {
      const { size, write } = queue[done++]!;
      this.#queued -= size;
      write();
    }
    if (done === queue.length) this.#queue = undefined;
    else queue.splice(0, done);
  }
}

function byteLength(data: string | Uint8Array): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
}
