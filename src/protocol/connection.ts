import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { type Close, CloseCode, encodeClose, parseClose } from './close.ts';
import type { ConnectionHandler, ConnectionOptions, ConnectionState, MessageInflater } from './connection-types.ts';
import { decodeText } from './decode-text.ts';
import { ProtocolError } from './errors.ts';
import { FrameParser, Progress } from './frame-parser.ts';
import { FrameWriter } from './frame-writer.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { MessageAssembler, notUtf8 } from './message-assembler.ts';
import { Opcode, RSV1 } from './opcode.ts';
import type { Outbox, SendCallback } from './outbox.ts';
import type { Role } from './role.ts';

export type { ConnectionHandler, ConnectionOptions, ConnectionState, MessageInflater } from './connection-types.ts';

/** From this length on, ASCII is decoded so much faster than UTF-8 that looking for it pays (bench/micro/parse.js). */
const ASCII_PAYS = 512;

export const MAX_PAYLOAD = 100 * 1024 * 1024;
export const MAX_FRAGMENTS = 131_072;

/**
 * RFC 6455 after the handshake, without I/O: bytes of the peer come in by `receive`, frames for it leave through the
 * outbox, and what they mean goes to the handler, synchronously and in wire order. Pong, the echo of a Close and
 * failing the connection are done here, never by the caller.
 *
 * State is facts: the Close sent, the Close received, the failure, the loss of the transport. `state` is derived.
 */
export class Connection {
  readonly role: Role;
  /** Messages and control frames go out through it. */
  readonly writer: FrameWriter;
  readonly #handler: ConnectionHandler;
  readonly #parser: FrameParser;
  readonly #assembler: MessageAssembler;
  readonly #validateUtf8: boolean;
  readonly #autoPong: boolean;
  readonly #inflater: MessageInflater | undefined;
  readonly #maxPayload: number;

  #sent: Close | undefined;
  #received: Close | undefined;
  #failed = false;
  #over = false;

  #suspended = false;
  #inflating = false;
  /** Delivers the message that was inflated, or throws what was wrong with it. */
  #inflated: (() => void) | undefined;
  #reading = false;
  #backlog: GrowingBuffer | undefined;
  /** The chunk being read, if its memory is only lent. */
  #lent: Buffer | undefined;
  #blocked = false;
  #owedPong: Buffer | undefined;

  constructor(role: Role, outbox: Outbox, handler: ConnectionHandler, options: ConnectionOptions = {}) {
    const { maxPayload = MAX_PAYLOAD, maxFragments = MAX_FRAGMENTS, keepFragmentEnds = false } = options;
    this.role = role;
    this.#handler = handler;
    this.#validateUtf8 = options.validateUtf8 ?? true;
    this.#autoPong = options.autoPong ?? true;
    this.#maxPayload = maxPayload;
    this.#inflater = options.deflate?.inflater;
    this.writer = new FrameWriter(role, outbox, {
      deflater: options.deflate?.deflater,
      nextMaskingKey: options.nextMaskingKey,
    });
    this.#parser = new FrameParser(role, {
      maxPayload,
      maxFragments,
      allowedRsv: options.deflate === undefined ? 0 : RSV1,
    });
    const wantsString = (): boolean => handler.wantsString?.() ?? false;
    this.#assembler = new MessageAssembler(this.#validateUtf8, keepFragmentEnds, wantsString);
  }

  get state(): ConnectionState {
    if (this.#over) return 'closed';
    return this.#sent !== undefined || this.#received !== undefined ? 'closing' : 'open';
  }

  /** The Close that went out, or is on its way. */
  get closeSent(): Close | undefined {
    return this.#sent;
  }

  /** The Close that came in; its code is 1005 if it carried none. */
  get closeReceived(): Close | undefined {
    return this.#received;
  }

  /** Whether nothing more is read: after the peer's Close, after a failure, after the end. */
  get deaf(): boolean {
    return this.#received !== undefined || this.#failed || this.#over;
  }

  /** Whether bytes wait that were received and not read. */
  get hasUnread(): boolean {
    return this.#parser.unread > 0 || (this.#backlog !== undefined && this.#backlog.length > 0);
  }

  /** Bytes held for messages that are not complete and for reading that is suspended. */
  get bytesHeld(): number {
    return this.#assembler.capacity + (this.#backlog?.capacity ?? 0);
  }

  /** From now on, or no more, `takeFragmentEnds` knows where the fragments of a message end. */
  keepFragmentEnds(keep: boolean): void {
    this.#assembler.keepEnds = keep;
  }

  /** Where the fragments of the message that is being delivered end; none if it came in one piece, or is not asked. */
  takeFragmentEnds(): readonly number[] {
    return this.#assembler.takeEnds();
  }

  // Reading

  /**
   * Takes the next bytes of the stream. They are unmasked where they are, and messages are views of them; unless they
   * are lent: then their memory will be written again when this returns, and whatever stays is a copy.
   */
  receive(chunk: Buffer, isLent = false): void {
    if (this.deaf) return;
    if (this.#holding || this.#reading || this.hasUnread) {
      (this.#backlog ??= new GrowingBuffer()).append(chunk, 0, chunk.length);
      if (this.#holding || this.#reading) return;
    } else {
      this.#parser.push(chunk);
      if (isLent) this.#lent = chunk;
    }
    this.#read();
  }

  /** The message at hand, which lies in `bytes[start, end)`, to keep: a view, or a copy where the memory is lent. */
  keep(bytes: Buffer, start: number, end: number): Buffer {
    if (bytes !== this.#lent) return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
    const size = end - start;
    const { unread } = this.#parser;
    if (size >= unread) return copyOf(bytes, start, end);
    // More messages are behind it, and a view of each costs less than a copy of each.
    const copy = copyOf(bytes, start, end + unread);
    this.#lent = undefined;
    this.#parser.push(copy.subarray(size));
    return copy.subarray(0, size);
  }

  /** Stops reading after the frame at hand; what arrives meanwhile is kept. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Goes on reading, with what was kept first. */
  resume(): void {
    this.#suspended = false;
    if (!this.#reading && !this.deaf && (this.#inflating ? this.#inflated !== undefined : this.hasUnread)) this.#read();
  }

  /** Whether a message is being inflated, and what is behind it has to wait. */
  get inflating(): boolean {
    return this.#inflating;
  }

  /** Whether what arrives has to wait. */
  get #holding(): boolean {
    return this.#suspended || this.#inflating;
  }

  #read(): void {
    this.#reading = true;
    try {
      do {
        if (this.#inflated !== undefined) this.#takeInflated()();
        this.#readChunk();
      } while (this.#goesOn());
    } catch (error) {
      this.#blame(error);
    } finally {
      this.#endRead();
    }
  }

  #goesOn(): boolean {
    if (this.#suspended || this.deaf) return false;
    return this.#inflating ? this.#inflated !== undefined : this.#nextChunk();
  }

  #takeInflated(): () => void {
    const inflated = this.#inflated!;
    this.#inflated = undefined;
    this.#inflating = false;
    return inflated;
  }

  /** What the peer is to blame for fails the connection; what a listener threw goes to whoever gave us the bytes. */
  #blame(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#fail(error);
  }

  /** Lets go of what was read: an idle connection holds no chunk. */
  #endRead(): void {
    this.#reading = false;
    if (this.#parser.unread === 0 || this.deaf) this.#parser.takeUnread();
    else if (this.#lent !== undefined) this.#parser.push(Buffer.from(this.#parser.takeUnread()));
    this.#lent = undefined;
    if (this.deaf) this.#backlog = undefined;
  }

  /** Reads until the chunk is empty, reading is suspended, or there is nothing more to hear. */
  #readChunk(): void {
    const parser = this.#parser;
    while (!this.#holding && !this.deaf) {
      const progress = parser.next();
      if (progress === Progress.Message) this.#deliverInPlace(parser);
      else if (progress === Progress.NeedMore) return;
      else if (progress === Progress.Part) this.#assembler.add(parser, false, this.#lent !== undefined);
      else if ((parser.opcode & 0x08) !== 0) this.#control(parser);
      else if (parser.isWholeMessage) this.#readWholeMessage(parser);
      else this.#assemble(parser);
    }
  }

  #nextChunk(): boolean {
    if (this.#parser.unread > 0 || this.#backlog === undefined || this.#backlog.length === 0) return false;
    this.#lent = undefined;
    this.#parser.push(this.#backlog.take());
    return true;
  }

  #readWholeMessage(frame: FrameParser): void {
    if (!frame.compressed) return this.#deliverInPlace(frame);
    this.#inflate(frame.bytes.subarray(frame.start, frame.end), frame.opcode === Opcode.Binary);
  }

  /** The common case: one frame, one chunk. */
  #deliverInPlace(frame: FrameParser): void {
    const { bytes, start, end } = frame;
    if (frame.opcode === Opcode.Binary) this.#handler.message(bytes, start, end, true, false);
    else if (this.#handler.wantsString?.()) this.#deliverString(bytes, start, end, frame.ascii);
    else if (frame.ascii) this.#handler.message(bytes, start, end, false, true);
    else this.#deliverText(this.keep(bytes, start, end));
  }

  #deliverText(text: Buffer): void {
    this.#handler.message(text, 0, text.length, false, this.#checkText(text));
  }

  #deliverString(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    const text = decodeText(bytes, start, end, ascii, this.#validateUtf8);
    if (text === undefined) throw notUtf8();
    this.#handler.text!(text, end - start);
  }

  #assemble(frame: FrameParser): void {
    const assembler = this.#assembler;
    assembler.add(frame, true, this.#lent !== undefined);
    if (!frame.fin) return;
    const { isBinary, ascii } = assembler;
    if (!isBinary && !assembler.compressed && this.#handler.wantsString?.()) {
      assembler.takeEnds();
      return this.#handler.text!(assembler.takeText(), frame.messageLength);
    }
    const payload = assembler.take();
    if (assembler.compressed) {
      assembler.takeEnds();
      return this.#inflate(payload, isBinary);
    }
    try {
      this.#handler.message(payload, 0, payload.length, isBinary, ascii);
    } finally {
      assembler.takeEnds();
    }
  }

  /** Reading stops while a long message is inflated, so that everything stays in order. */
  #inflate(payload: Buffer, isBinary: boolean): void {
    const inflater = this.#inflater!;
    if (!inflater.isLong(payload.length)) {
      return this.#deliverInflated(inflater.inflate(payload, this.#maxPayload), isBinary);
    }
    this.#inflating = true;
    inflater.inflateLater(
      this.#lent === undefined ? payload : Buffer.from(payload),
      this.#maxPayload,
      (error, message) => {
        this.#inflated = () => {
          if (error !== null) throw error;
          this.#deliverInflated(message, isBinary);
        };
        this.#handler.inflated();
      },
    );
  }

  #deliverInflated(message: Buffer, isBinary: boolean): void {
    if (isBinary) this.#handler.message(message, 0, message.length, true, false);
    else if (this.#handler.wantsString?.()) this.#deliverString(message, 0, message.length, false);
    else this.#deliverText(message);
  }

  /** Throws for text that is not UTF-8; returns whether it is ASCII, if that is worth knowing. */
  #checkText(text: Buffer): boolean {
    if (text.length >= ASCII_PAYS && isAscii(text)) return true;
    if (this.#validateUtf8 && !isUtf8(text)) throw notUtf8();
    return false;
  }

  #control(frame: FrameParser): void {
    const payload = this.keep(frame.bytes, frame.start, frame.end);
    switch (frame.opcode) {
      case Opcode.Ping:
        if (this.#autoPong) this.#answerPing(payload);
        return this.#handler.ping(payload);
      case Opcode.Pong:
        return this.#handler.pong(payload);
      case Opcode.Close:
        return this.#answerClose(parseClose(payload));
    }
  }

  // The closing handshake, §7.1

  /**
   * Starts the closing handshake, or takes part in it: a Close leaves behind everything that was sent before.
   * Without a code the Close is empty. Throws a TypeError or RangeError for what may not be sent; does nothing when a
   * Close is out already.
   */
  close(code?: number, reason?: string | Uint8Array, callback?: SendCallback): void {
    if (this.#sent !== undefined || this.#over) return;
    const payload = encodeClose(code, reason);
    this.#sent = parseClose(payload);
    this.#owedPong = undefined;
    this.writer.control(Opcode.Close, payload, undefined, callback);
    this.#endIfDone();
  }

  /** The transport is gone, or was taken away: nothing is read or sent any more. */
  transportClosed(): void {
    this.#over = true;
    this.writer.abandon();
    this.#owedPong = undefined;
    this.#backlog = undefined;
    if (!this.#reading) this.#parser.takeUnread();
  }

  #answerClose(close: Close): void {
    this.#received = close;
    if (this.#sent === undefined) this.close(close.code === CloseCode.NoStatus ? undefined : close.code, close.reason);
    else this.#endIfDone();
    this.#handler.closing(close);
  }

  /** §7.1.7. The peer's answer is not waited for. */
  #fail(error: ProtocolError): void {
    this.#failed = true;
    if (this.#sent === undefined) this.close(error.closeCode);
    else this.#endIfDone();
    this.#handler.error(error);
  }

  #endIfDone(): void {
    // §7.1.1: the server ends the transport; the client waits for it to, and whoever owns the transport bounds that.
    if (this.#failed || (this.#received !== undefined && this.role === 'server')) {
      this.writer.afterAll(() => this.#handler.end());
    }
  }

  // Pings, §5.5.2

  /** The transport takes no more for now: pongs wait, so that pings cannot fill memory behind a peer that does not read. */
  block(): void {
    this.#blocked = true;
  }

  /** The transport takes bytes again. */
  unblock(): void {
    this.#blocked = false;
    if (this.#owedPong === undefined) return;
    this.writer.control(Opcode.Pong, this.#owedPong);
    this.#owedPong = undefined;
  }

  /** §5.5.3: of several pings without an answer only the latest needs one. */
  #answerPing(payload: Buffer): void {
    if (this.#sent !== undefined) return;
    if (this.#blocked) this.#owedPong = Buffer.from(payload);
    else this.writer.control(Opcode.Pong, payload);
  }
}

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}
