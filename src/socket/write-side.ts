import type { Duplex } from 'node:stream';
import { FrameWriter } from '../protocol/frame-writer.ts';
import { Hindrance } from '../protocol/hindrance.ts';
import type { SendCallback } from '../protocol/outbox.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Role } from '../protocol/role.ts';
import { callAll } from './call-all.ts';
import { takesDirectly, writeDirectly } from './direct-write.ts';
import { endSilentRead, type Flushable, flushAnswers, flushAtEndOfTick, forgetWritten } from './flush-queue.ts';
import type { LinkOptions } from './link-types.ts';
import { hasOwnWrites, writeOutbox, writesAtOnce } from './stream-writer.ts';

/** Bytes in the outbox from which on it is not left to the end of the tick or turn. */
const FLUSH_AT = 65_536;

const NOTHING = Buffer.alloc(0);

/** What the writing half of a link has to tell. */
export interface WriteSideOwner {
  /** The stream takes no more for now. */
  streamFull(): void;
  /** The stream takes more again; said here only of what it was not asked to keep itself. */
  streamDrained(): void;
  /** No more waits than the high-water mark allows, after `takesMore` had said otherwise. */
  roomAgain(): void;
}

/** The half of a link that writes: once for what is sent in a tick or in a read, and for those of a busy turn (`flush-queue.ts`). */
export class WriteSide extends FrameWriter implements Flushable {
  readonly #highWaterMark: number;
  readonly #owner: WriteSideOwner;
  readonly #stream: Duplex;
  #writesAtOnce: boolean;
  #drainOwed = false;
  /** Bytes of a direct write that is not over. */
  #inFlight = 0;
  /** Whether they are as many as fill the stream. */
  #isFlooded = false;

  constructor(role: Role, stream: Duplex, owner: WriteSideOwner, options: LinkOptions) {
    super(role, options);
    this.#stream = stream;
    this.#owner = owner;
    this.#highWaterMark = options.highWaterMark;
    const isWide = options.highWaterMark >= FLUSH_AT;
    this.hindrances |= isWide ? Hindrance.Waits : Hindrance.Waits | Hindrance.Narrow;
    this.#writesAtOnce = writesAtOnce(stream);
    // Who writes in another way may pass on what it was given: then nobody knows when that was read.
    this.inKernel = role === 'client' && this.#writesAtOnce;
  }

  /** Bytes that were sent and are not in the hands of the operating system. */
  get bufferedAmount(): number {
    return this.length + this.queued + this.#inFlight + this.#stream.writableLength;
  }

  /** Whether the transport takes no more for now. */
  get isFull(): boolean {
    return this.#isFlooded || this.#stream.writableNeedDrain;
  }

  /** Whether no more waits than the high-water mark allows. If more does, the owner hears when that has changed. */
  takesMore(): boolean {
    if (this.length + this.queued + this.#waiting() <= this.#highWaterMark) return true;
    this.#drainOwed = true;
    return false;
  }

  /** Sends a message to one of many, where that is free to be added; says whether more may be sent. */
  add(message: PreparedMessage): boolean {
    this.appendShared(message.shared());
    if (this.length < FLUSH_AT) return true;
    this.flush();
    return this.takesMore();
  }

  /** Call after sending: large things leave at once, small ones with the rest of the tick. */
  sent(byReference: boolean): void {
    if (byReference || this.length >= FLUSH_AT) this.flush();
  }

  protected override filled(): void {
    // What answers what is being read leaves at the end of that.
    if (!this.roomy) flushAtEndOfTick(this);
  }

  /** From now on until `endAnswers`, what is sent is left to that. */
  beginAnswers(): void {
    this.roomy = true;
  }

  /** They leave now, or with what others are sent in this turn of the event loop. */
  endAnswers(): void {
    this.roomy = false;
    if (this.isEmpty) endSilentRead();
    else flushAnswers(this);
  }

  /** Hands everything that was sent to the transport, in one write where it can. */
  flush(): void {
    if (this.isEmpty) return;
    // What cannot be sent any more is told so by `abandon`, after what is on its way.
    const stream = this.#stream;
    if (!stream.writable) return;
    if (this.#writesAtOnce && !hasOwnWrites(stream)) this.#distrust();
    const before = this.#waiting();
    const done = this.#whenWritten(this.takeCallbacks(), before + this.length);
    this.hindrances |= Hindrance.Waits;
    const isDirect = this.#writesAtOnce && before === 0;
    const run = isDirect && done === undefined && takesDirectly(stream) ? this.takeOne() : undefined;
    if (run !== undefined) return this.#writeDirectly(run);
    const waiting = this.#inFlight + writeOutbox(stream, this, isDirect, done);
    if (waiting === 0) this.hindrances &= ~Hindrance.Waits;
    else if (stream.writableNeedDrain) this.#owner.streamFull();
  }

  /** The common case, past the stream. */
  #writeDirectly(run: Buffer): void {
    const stream = this.#stream;
    this.#inFlight = run.length;
    writeDirectly(stream, run, (error) => this.#written(error));
    if (this.#inFlight === 0) {
      this.hindrances &= ~Hindrance.Waits;
      return this.recycle();
    }
    // Over when that is: until then the stream holds back what follows, and its end, as behind a write of its own.
    stream.write(NOTHING);
    this.forget(() => this.#inFlight === 0 || stream.closed);
    this.#isFlooded = run.length >= stream.writableHighWaterMark;
    if (this.#isFlooded) this.#owner.streamFull();
  }

  #written(error: Error | null | undefined): void {
    const stream = this.#stream;
    const wasFlooded = this.#isFlooded;
    this.#inFlight = 0;
    this.#isFlooded = false;
    if (error) stream.destroy(error);
    else if (wasFlooded && !stream.writableNeedDrain && !stream.destroyed) this.#owner.streamDrained();
  }

  /** The socket was given another way to write, which may keep what it is given: that is to be nobody else's memory. */
  #distrust(): void {
    this.#writesAtOnce = false;
    this.inKernel = false;
    const own = Buffer.concat(this.take());
    this.recycle();
    this.append(own);
  }

  /** Says so if there is room again for what was owed a 'drain'. */
  tellDrain(): void {
    if (!this.#drainOwed || this.bufferedAmount > this.#highWaterMark) return;
    this.#drainOwed = false;
    this.#owner.roomAgain();
  }

  /** The transport is gone: what is left is not sent. */
  override abandon(): void {
    super.abandon();
    forgetWritten(this);
    const callbacks = this.takeCallbacks();
    this.take();
    this.recycle();
    if (callbacks !== undefined) {
      process.nextTick(callAll, callbacks, new Error('The socket was closed before the message was sent'));
    }
  }

  /** Bytes of what was written here that the stream has not passed on. */
  #waiting(): number {
    // To ask the stream costs as much as to parse a message.
    if ((this.hindrances & Hindrance.Waits) === 0) return 0;
    const waiting = this.#inFlight + this.#stream.writableLength;
    if (waiting === 0) this.hindrances &= ~Hindrance.Waits;
    return waiting;
  }

  /** A transport that is not full by its own measure does not say when it has drained, either. `size` waits there then. */
  #whenWritten(callbacks: readonly SendCallback[] | undefined, size: number): SendCallback | undefined {
    if (callbacks === undefined && !this.#drainOwed && size <= this.#highWaterMark) return undefined;
    return (error) => {
      this.tellDrain();
      if (callbacks !== undefined) callAll(callbacks, error);
    };
  }
}
