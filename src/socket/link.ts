import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Close } from '../protocol/close.ts';
import { Connection, type ConnectionHandler, type ConnectionOptions } from '../protocol/connection.ts';
import type { ProtocolError } from '../protocol/errors.ts';
import { Outbox, type SendCallback } from '../protocol/outbox.ts';
import type { Role } from '../protocol/role.ts';
import { callAll } from './call-all.ts';
import { type Flushable, flushAtEndOfTick } from './flush-queue.ts';
import { ReadBudget, WORK_PER_TURN } from './read-budget.ts';
import { StreamWriter } from './stream-writer.ts';

/** What a link tells the socket object that it belongs to. */
export interface LinkOwner {
  onMessage(bytes: Buffer, start: number, end: number, isBinary: boolean, isAscii: boolean): void;
  /** Whether nobody would see text that has been a Buffer: `onText` gets it as a string. */
  wantsString(): boolean;
  onText(text: string): void;
  onControl(kind: 'ping' | 'pong', payload: Buffer): void;
  onProtocolError(error: ProtocolError): void;
  /** The peer's Close arrived and is answered. */
  onClosing(close: Close): void;
  /** No more waits than the high-water mark allows, after `takesMore` had said otherwise. */
  onDrain(): void;
  /** The transport is gone. Nothing comes after this. */
  onTransportClosed(): void;
}

export interface LinkOptions extends ConnectionOptions {
  /** Milliseconds from the start of the closing handshake until the transport is destroyed. */
  readonly closeTimeout: number;
  /** Whether one turn of the event loop may see several messages. */
  readonly allowSynchronousEvents: boolean;
  /** How many pings may go unanswered behind a peer that does not read before it is terminated. */
  readonly maxPendingAutoPongs?: number | undefined;
  /** Bytes that may wait until `takesMore` says no. */
  readonly highWaterMark: number;
}

/** Bytes in the outbox from which on it is not left to the end of the tick. */
const FLUSH_AT = 65_536;

const kLink = Symbol('link');
type LinkedStream = Duplex & { [kLink]?: Link };

/**
 * A Connection on a Duplex: what the core must not have. It moves bytes, one write per tick and one per chunk
 * received; tells the core when the peer does not read; yields the event loop to others; and bounds the closing
 * handshake in time.
 */
export class Link implements ConnectionHandler, Flushable {
  readonly stream: Duplex;
  readonly connection: Connection;
  /** What ended the transport, if it was not an orderly end. */
  cause: Error | undefined;
  /** Whether anything arrived since this was last set to false. */
  heard = true;

  readonly #owner: LinkOwner;
  readonly #outbox: Outbox;
  readonly #closeTimeout: number;
  readonly #maxPendingAutoPongs: number;
  readonly #highWaterMark: number;
  readonly #budget: ReadBudget;
  readonly #writer: StreamWriter;
  #closeTimer: NodeJS.Timeout | undefined;
  #paused = false;
  #ended = false;
  #terminated = false;
  /** The transport is gone, and what arrived before is being delivered. */
  #finishing = false;
  #pongsOwed = 0;
  #drainOwed = false;

  constructor(role: Role, stream: Duplex, head: Buffer, owner: LinkOwner, options: LinkOptions) {
    this.stream = stream;
    this.#owner = owner;
    this.#closeTimeout = options.closeTimeout;
    this.#maxPendingAutoPongs = options.maxPendingAutoPongs ?? Infinity;
    this.#highWaterMark = options.highWaterMark;
    this.#budget = new ReadBudget(this, options.allowSynchronousEvents ? WORK_PER_TURN : 1);
    this.#outbox = new Outbox(this);
    this.#writer = new StreamWriter(stream, this.#outbox);
    this.connection = new Connection(role, this.#outbox, this, options);

    // A plain Duplex has neither.
    if (stream instanceof net.Socket) stream.setTimeout(0).setNoDelay();
    (stream as LinkedStream)[kLink] = this;
    stream.on('error', onError);
    if (head.length > 0) stream.unshift(head);
    stream.on('close', onClose);
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('drain', onDrain);
  }

  /** Bytes that were sent and are not in the hands of the operating system. */
  get bufferedAmount(): number {
    return this.#outbox.length + this.connection.writer.queued + this.stream.writableLength;
  }

  /** Whether the peer has ended its side, or this side was torn down. */
  get ending(): boolean {
    return this.#ended || this.#terminated;
  }

  /** Whether messages may be sent. */
  get isOpen(): boolean {
    return !this.#ended && !this.#terminated && this.connection.isOpen;
  }

  get paused(): boolean {
    return this.#paused;
  }

  // Reading

  /** Stops reading after the message at hand; does nothing when the transport is gone, as what is left is delivered. */
  pause(): void {
    if (this.#finishing) return;
    this.#paused = true;
    this.holdReading();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    process.nextTick(continueReading, this);
  }

  /** Called by the budget when it is spent: it is others' turn. */
  holdReading(): void {
    this.connection.reader.suspend();
    this.stream.pause();
  }

  /** Goes on where reading was held, unless there is another reason to wait. */
  continueReading(): void {
    if (this.#finishing) return this.#finish();
    if (this.#mustWait) return;
    this.#read();
    if (!this.#mustWait) this.stream.resume();
  }

  get #mustWait(): boolean {
    return this.#paused || this.#terminated || this.#budget.spent;
  }

  /** The stream's 'data', or what it would be; lent memory is written again when this returns. */
  receive(chunk: Buffer, isLent = false): void {
    this.heard = true;
    this.#read(chunk, isLent);
  }

  /** All answers to what is read here leave in one write at its end. */
  #read(chunk?: Buffer, isLent = false): void {
    this.#outbox.roomy = true;
    let threw = true;
    try {
      if (chunk === undefined) this.connection.reader.resume();
      else this.connection.reader.receive(chunk, isLent);
      threw = false;
    } finally {
      this.#outbox.roomy = false;
      this.flush();
      this.#budget.endRead();
      // A listener threw: what is behind its message, here or in the stream, must not wait for the next chunk.
      if (threw) {
        this.holdReading();
        setImmediate(continueReading, this);
      }
    }
  }

  // Writing

  outboxFilled(): void {
    // What answers what is being read leaves at the end of that.
    if (!this.#outbox.roomy) flushAtEndOfTick(this);
  }

  /** Call after sending: large things leave at once, small ones with the rest of the tick. */
  sent(byReference: boolean): void {
    if (byReference || this.#outbox.length >= FLUSH_AT) this.flush();
  }

  /** Whether no more waits than the high-water mark allows. If more does, the owner hears when that has changed. */
  takesMore(): boolean {
    const waiting = this.#outbox.length + this.connection.writer.queued + this.#writer.waiting;
    if (waiting <= this.#highWaterMark) return true;
    this.#drainOwed = true;
    return false;
  }

  /** Hands everything that was sent to the transport, in one write where it can. */
  flush(): void {
    const outbox = this.#outbox;
    if (outbox.isEmpty) return;
    // What cannot be sent any more is told so by `abandonOutbox`, after what is on its way.
    const { stream } = this;
    if (!stream.writable) return;
    const more = this.#writer.write(this.#whenWritten(outbox.takeCallbacks()));
    if (!more && stream.writableNeedDrain) this.connection.block();
  }

  /** A transport that is never full by its own measure does not say when it has drained, either. */
  #whenWritten(callbacks: readonly SendCallback[] | undefined): SendCallback | undefined {
    if (callbacks === undefined && !this.#drainOwed) return undefined;
    return (error) => {
      this.#tellDrain();
      if (callbacks !== undefined) callAll(callbacks, error);
    };
  }

  #tellDrain(): void {
    if (!this.#drainOwed || this.ending || this.bufferedAmount > this.#highWaterMark) return;
    this.#drainOwed = false;
    this.#owner.onDrain();
  }

  #abandonOutbox(): void {
    const callbacks = this.#outbox.takeCallbacks();
    this.#outbox.take();
    this.#outbox.recycle();
    if (callbacks !== undefined) {
      process.nextTick(callAll, callbacks, new Error('The socket was closed before the message was sent'));
    }
  }

  // The end

  /** Starts the closing handshake, or does nothing if it has begun. Throws for a code or reason that may not be sent. */
  close(code?: number, reason?: string | Uint8Array): void {
    this.connection.close(code, reason);
    this.#startCloseTimer();
  }

  /** Ends the transport at once; what arrived and was not read is dropped. */
  terminate(): void {
    this.#terminated = true;
    this.connection.reader.suspend();
    this.stream.destroy();
  }

  #startCloseTimer(): void {
    if (this.#closeTimer !== undefined || this.stream.closed) return;
    this.#closeTimer = setTimeout(destroy, this.#closeTimeout, this);
  }

  /** The stream's 'end': the peer sends no more, with or without a Close. */
  streamEnded(): void {
    this.#ended = true;
    this.flush();
    // Sockets go by themselves when both directions have ended; not every Duplex does.
    const { stream } = this;
    if (stream.writableFinished) stream.destroy();
    else if (stream.writableEnded) stream.once('finish', () => stream.destroy());
    else stream.end(() => stream.destroy());
    this.#startCloseTimer();
  }

  /** The stream's 'close'. What arrived before it and was not read is delivered. */
  streamClosed(): void {
    clearTimeout(this.#closeTimer);
    this.#budget.end();
    const { stream } = this;
    stream.removeListener('close', onClose);
    stream.removeListener('data', onData);
    stream.removeListener('end', onEnd);
    stream.removeListener('drain', onDrain);
    this.#finishing = true;
    this.#finish();
  }

  /** A listener that throws or a message to inflate interrupts this, and `continueReading` takes it up again. */
  #finish(): void {
    if (!this.#terminated) {
      this.#deliverRest();
      if (this.connection.reader.inflating) return;
    }
    this.#finishing = false;
    this.connection.transportClosed();
    this.#abandonOutbox();
    this.#owner.onTransportClosed();
  }

  #deliverRest(): void {
    const { stream } = this;
    this.#ended = true;
    this.#paused = false;
    this.#read();
    if (stream.readableLength > 0) this.#read(stream.read(stream.readableLength) as Buffer);
  }

  // What the core asks for

  message(bytes: Buffer, start: number, end: number, isBinary: boolean, isAscii: boolean): void {
    this.#budget.spend(end - start);
    this.#owner.onMessage(bytes, start, end, isBinary, isAscii);
  }

  wantsString(): boolean {
    return this.#owner.wantsString();
  }

  text(text: string, size: number): void {
    this.#budget.spend(size);
    this.#owner.onText(text);
  }

  ping(payload: Buffer): void {
    this.#budget.spend(0);
    if (this.stream.writableNeedDrain && ++this.#pongsOwed > this.#maxPendingAutoPongs) this.terminate();
    this.#owner.onControl('ping', payload);
  }

  pong(payload: Buffer): void {
    this.#budget.spend(0);
    this.#owner.onControl('pong', payload);
  }

  inflated(): void {
    this.continueReading();
  }

  closing(close: Close): void {
    this.#listenForEnd();
    this.#owner.onClosing(close);
  }

  error(error: ProtocolError): void {
    this.#listenForEnd();
    this.cause ??= error;
    this.#owner.onProtocolError(error);
  }

  end(): void {
    this.flush();
    this.stream.end();
  }

  drained(): void {
    this.#pongsOwed = 0;
    this.connection.unblock();
    this.#tellDrain();
  }

  /** A paused stream does not see the peer's FIN; what comes before it is not for anybody any more. */
  #listenForEnd(): void {
    this.#startCloseTimer();
    this.#paused = false;
    process.nextTick(resumeStream, this.stream);
  }
}

function destroy(link: Link): void {
  link.stream.destroy();
}

function continueReading(link: Link): void {
  link.continueReading();
}

function resumeStream(stream: Duplex): void {
  stream.resume();
}

// One function for all streams, not one closure for each.

function onData(this: LinkedStream, chunk: Buffer): void {
  this[kLink]!.receive(chunk);
}

function onEnd(this: LinkedStream): void {
  this[kLink]!.streamEnded();
}

function onDrain(this: LinkedStream): void {
  this[kLink]!.drained();
}

function onClose(this: LinkedStream): void {
  this[kLink]!.streamClosed();
}

/** Stays for good: a stream may err more than once, and late. */
function onError(this: LinkedStream, error: Error): void {
  this[kLink]!.cause ??= error;
  this.destroy();
}

/** The link that reads from a stream, if it carries a WebSocket already. */
export function linkOf(stream: Duplex): Link | undefined {
  return (stream as LinkedStream)[kLink];
}

/** Whether a stream carries a WebSocket already. */
export function isLinked(stream: Duplex): boolean {
  return linkOf(stream) !== undefined;
}
