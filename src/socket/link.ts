import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Close } from '../protocol/close.ts';
import { Connection, type ConnectionHandler } from '../protocol/connection.ts';
import type { ProtocolError } from '../protocol/errors.ts';
import { ONE_READ } from '../protocol/one-read.ts';
import type { Role } from '../protocol/role.ts';
import { callApart } from './call-all.ts';
import { readDirectly } from './direct-read.ts';
import { beginRead, endRead } from './hearers.ts';
import type { LinkOptions, LinkOwner } from './link-types.ts';
import { isLate, isSpent, keepClock, stopClock, workOf } from './read-budget.ts';
import { listenTo, type StreamListener, unlisten } from './stream-events.ts';
import { isPlainSocket } from './stream-writer.ts';
import { WriteSide, type WriteSideOwner } from './write-side.ts';

/**
 * A Connection on a Duplex: what the core must not have. It moves bytes, tells the core when the peer does not read,
 * yields the event loop to others, and bounds the closing handshake in time.
 */
export class Link implements ConnectionHandler, StreamListener, WriteSideOwner {
  readonly connection: Connection;
  /** What is sent leaves through it. */
  readonly out: WriteSide;
  #ended = false;
  #terminated = false;

  readonly stream: Duplex;
  /** What ended the transport, if it was not an orderly end. */
  cause: Error | undefined;
  /** Whether anything arrived since this was last set to false. */
  heard = true;

  readonly #owner: LinkOwner;
  readonly #options: LinkOptions;
  /** A chunk of fewer bytes is the last one of its turn, if nothing waits in the stream. */
  readonly #wholeRead: number;
  #closeTimer: NodeJS.Timeout | undefined;
  #paused = false;
  /** The transport is gone, and what arrived before is being delivered. */
  #finishing = false;
  /** What was read in this turn, as the budget counts it. */
  #work = 0;
  /** Others have their turn until then. */
  #nextTurn: NodeJS.Immediate | undefined;
  #pongsOwed = 0;

  constructor(role: Role, stream: Duplex, head: Buffer, owner: LinkOwner, options: LinkOptions) {
    this.stream = stream;
    this.#owner = owner;
    this.#options = options;
    this.out = new WriteSide(role, stream, this, options);
    this.connection = new Connection(this.out, this, options);
    this.#wholeRead = isPlainSocket(stream) ? ONE_READ : 0;
    // A plain Duplex has neither.
    if (stream instanceof net.Socket) (stream.timeout ? stream.setTimeout(0) : stream).setNoDelay();
    listenTo(stream, head, this);
    readDirectly(stream);
  }

  /** Whether the peer has ended its side, or this side was torn down. */
  get ending(): boolean {
    return this.#ended || this.#terminated;
  }

  /** Whether messages may be sent. */
  get isOpen(): boolean {
    return this.out.isOpen;
  }

  get paused(): boolean {
    return this.#paused;
  }

  // Reading

  /** Stops reading after the message at hand; does nothing when the transport is gone, as what is left is delivered. */
  pause(): void {
    if (this.#finishing) return;
    this.#paused = true;
    this.#holdReading();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    process.nextTick(continueReading, this);
  }

  #holdReading(): void {
    this.connection.reader.suspend();
    this.stream.pause();
  }

  /** Goes on where reading was held, unless there is another reason to wait. */
  continueReading(): void {
    if (this.#finishing) return this.#finish();
    if (this.#mustWait()) return;
    this.#read();
    if (!this.#mustWait()) this.stream.resume();
  }

  #mustWait(): boolean {
    return this.#paused || this.#terminated || this.#nextTurn !== undefined;
  }

  /** What arrives; lent memory is written again when this returns. */
  receive(chunk: Buffer, isLent = false): void {
    this.heard = true;
    this.#read(chunk, isLent);
  }

  /** All answers to what is read here leave in one write at its end. */
  #read(chunk?: Buffer, isLent = false): void {
    this.out.beginAnswers();
    beginRead();
    let threw = true;
    try {
      if (chunk === undefined) this.connection.reader.resume();
      else this.connection.reader.receive(chunk, isLent);
      threw = false;
    } finally {
      endRead();
      this.out.endAnswers();
      if (isSpent(this.#work)) this.#yield();
      const isLast = chunk !== undefined && chunk.length < this.#wholeRead && this.stream.readableLength === 0;
      if (isLast) this.#work = 0;
      if (isLast || chunk === undefined) stopClock();
      else keepClock();
      // A listener threw: what is behind its message, here or in the stream, must not wait for the next chunk.
      if (threw) {
        this.#holdReading();
        setImmediate(continueReading, this);
      }
    }
  }

  /** Counts a message against the budget: when its time is up, it is others' turn. */
  #spend(size: number): void {
    const before = this.#work;
    this.#work += workOf(size);
    if (isLate(this, before, this.#work) || !this.#options.allowSynchronousEvents) this.#yield();
  }

  #yield(): void {
    if (this.#nextTurn !== undefined || this.#finishing) return;
    this.#nextTurn = setImmediate(beginTurn, this);
    this.#holdReading();
  }

  beginTurn(): void {
    if (this.#nextTurn === undefined) return;
    this.#nextTurn = undefined;
    this.#work = 0;
    this.continueReading();
  }

  // Writing

  streamFull(): void {
    this.connection.block();
  }

  streamDrained(): void {
    this.#pongsOwed = 0;
    this.connection.unblock();
    this.out.tellDrain();
  }

  roomAgain(): void {
    if (!this.ending) callApart(() => this.#owner.onDrain());
  }

  // The end

  /**
   * Starts the closing handshake, or does nothing if it has begun. Throws for a code or reason that may not be sent. What was sent
   * is handed over with it, as whoever closes may end the stream next.
   */
  close(code?: number, reason?: string | Uint8Array): void {
    this.connection.close(code, reason);
    this.#startCloseTimer();
    this.out.flush();
  }

  /**
   * Ends the transport at once; what arrived and was not read is dropped. What was sent is handed over first: a last word
   * that is followed by this reaches the peer if the transport takes it now.
   */
  terminate(): void {
    this.#terminated = true;
    this.out.seal();
    this.connection.reader.suspend();
    try {
      this.out.flush();
    } finally {
      this.stream.destroy();
    }
  }

  #startCloseTimer(): void {
    if (this.#closeTimer !== undefined || this.stream.closed) return;
    this.#closeTimer = setTimeout(destroy, this.#options.closeTimeout, this);
  }

  /** The peer sends no more, with or without a Close. */
  streamEnded(): void {
    this.#ended = true;
    this.out.seal();
    this.out.flush();
    // Sockets go by themselves when both directions have ended; not every Duplex does.
    const { stream } = this;
    if (stream.writableFinished) stream.destroy();
    else if (stream.writableEnded) stream.once('finish', () => stream.destroy());
    else stream.end(() => stream.destroy());
    this.#startCloseTimer();
  }

  /** What arrived before it and was not read is delivered. */
  streamClosed(): void {
    clearTimeout(this.#closeTimer);
    // Not cleared: behind a listener's error, Node stumbles over an immediate that is gone, and runs none ever after.
    this.#nextTurn = undefined;
    unlisten(this.stream);
    this.#finishing = true;
    this.#finish();
  }

  streamFailed(error: Error): void {
    this.cause ??= error;
  }

  /** A listener that throws or a message to inflate interrupts this, and `continueReading` takes it up again. */
  #finish(): void {
    if (!this.#terminated) {
      this.#deliverRest();
      if (this.connection.reader.inflating) return;
    }
    this.#finishing = false;
    this.connection.transportClosed();
    this.#owner.onTransportClosed();
  }

  #deliverRest(): void {
    const { stream } = this;
    this.#ended = true;
    this.out.seal();
    this.#paused = false;
    this.#read();
    if (stream.readableLength > 0) this.#read(stream.read(stream.readableLength) as Buffer);
  }

  // What the core asks for

  message(bytes: Buffer, start: number, end: number, isBinary: boolean): void {
    this.#spend(end - start);
    this.#owner.onMessage(bytes, start, end, isBinary);
  }

  wantsString(): boolean {
    return this.#owner.wantsString();
  }

  text(text: string, size: number): void {
    this.#spend(size);
    this.#owner.onText(text);
  }

  ping(payload: Buffer): void {
    this.#spend(0);
    const most = this.#options.maxPendingAutoPongs ?? Infinity;
    if (this.out.isFull && ++this.#pongsOwed > most) this.terminate();
    this.#owner.onControl('ping', payload);
  }

  pong(payload: Buffer): void {
    this.#spend(0);
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
    this.out.flush();
    this.stream.end();
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

function beginTurn(link: Link): void {
  link.beginTurn();
}

function resumeStream(stream: Duplex): void {
  stream.resume();
}
