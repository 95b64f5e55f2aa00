import { Buffer } from 'node:buffer';
import { viewOf } from './buffer-view.ts';
import type { ConnectionHandler, MessageInflater } from './connection-types.ts';
import { ProtocolError } from './errors.ts';
import { readKey } from './frame-header.ts';
import { FrameParser, type FrameParserOptions, Progress } from './frame-parser.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { LONG } from './long-mask.ts';
import { MessageAssembler } from './message-assembler.ts';
import { MessageDelivery } from './message-delivery.ts';
import { Opcode } from './opcode.ts';
import type { Role } from './role.ts';

/** Why nothing is read for now, or no more. */
const STOPPED = 1;
const SUSPENDED = 2;
const INFLATING = 4;
const HELD = STOPPED | SUSPENDED | INFLATING;

/** Why what arrives has to queue, though nothing holds: it came from within, or is behind what is not read yet. */
const READING = 8;
const UNREAD = 16;

/** Who is told of what is no message. */
export interface ControlHandler {
  /** A Close, Ping or Pong. */
  frame(opcode: Opcode, payload: Buffer): void;
  /** The peer broke a rule; it is to `stop` the reader. */
  violation(error: ProtocolError): void;
}

/** Limits and rules for what is received. */
export interface MessageReaderOptions extends FrameParserOptions {
  /** Whether text is checked to be UTF-8. */
  readonly validateUtf8: boolean;
  /** Whether the ends of fragments are told by `takeFragmentEnds`. */
  readonly keepFragmentEnds: boolean;
  /** For messages that come compressed, if that was agreed on. */
  readonly inflater: MessageInflater | undefined;
}

/**
 * The bytes of the peer to messages, in wire order, whatever holds them up: reading can be suspended after any message,
 * by its user or while a long one is inflated, and goes on where it was.
 */
export class MessageReader extends MessageDelivery {
  readonly #control: ControlHandler;
  readonly #options: MessageReaderOptions;
  readonly #parser: FrameParser;
  readonly #isMasked: boolean;
  #assembler: MessageAssembler | undefined;
  #keepEnds: boolean;

  /** Everything that keeps a chunk from being read as it comes, together: the common case is one comparison with 0. */
  #state = 0;
  /** Delivers the message that was inflated, or throws what was wrong with it. */
  #inflated: (() => void) | undefined;
  #backlog: GrowingBuffer | undefined;
  /** The chunk being read, if its memory is only lent. */
  #lent: Buffer | undefined;

  constructor(role: Role, handler: ConnectionHandler, control: ControlHandler, options: MessageReaderOptions) {
    super(handler, options.validateUtf8);
    this.#control = control;
    this.#options = options;
    this.#keepEnds = options.keepFragmentEnds;
    this.#parser = new FrameParser(role, options);
    this.#isMasked = role === 'server';
  }

  /** Whether nothing more is read, ever. */
  get stopped(): boolean {
    return (this.#state & STOPPED) !== 0;
  }

  /** Whether bytes wait that were received and not read. */
  get hasUnread(): boolean {
    return this.#parser.unread > 0 || this.#backlog !== undefined;
  }

  /** Bytes held for messages that are not complete and for reading that is suspended. */
  get bytesHeld(): number {
    return (this.#assembler?.capacity ?? 0) + (this.#backlog?.capacity ?? 0);
  }

  /** From now on, or no more, `takeFragmentEnds` knows where the fragments of a message end. */
  keepFragmentEnds(keep: boolean): void {
    this.#keepEnds = keep;
    if (this.#assembler !== undefined) this.#assembler.keepEnds = keep;
  }

  /** Where the fragments of the message that is being delivered end; none if it came in one piece, or is not asked. */
  takeFragmentEnds(): readonly number[] {
    return this.#assembler?.takeEnds() ?? [];
  }

  /** Reads nothing more, and lets go of what was not read. */
  stop(): void {
    this.#state |= STOPPED;
    if ((this.#state & READING) === 0) this.#endRead();
  }

  /**
   * Takes the next bytes of the stream. They are unmasked where they are, and messages are views of them; unless they
   * are lent: then their memory will be written again when this returns, and whatever stays is a copy.
   */
  receive(chunk: Buffer, isLent = false): void {
    if (this.#state !== 0) return this.#queue(chunk);
    if (isLent) this.#lent = chunk;
    // What is unmasked there is not to be kept where it is lent.
    const start = isLent && this.#isMasked ? 0 : this.#parser.startOfMessage(chunk);
    if (start > 0) return this.#readAlone(chunk, start);
    this.#parser.push(chunk);
    this.#read();
  }

  /** The short way for a chunk that is one message, whose payload begins at `start`: `#read` is its plain twin. */
  #readAlone(chunk: Buffer, start: number): void {
    this.#state = READING;
    try {
      const isBinary = (chunk[0]! & 0x0f) === Opcode.Binary;
      if (this.#isMasked) this.deliverAlone(isBinary, chunk, start, readKey(chunk, start - 4));
      else if (isBinary) this.deliverBinary(chunk, start, chunk.length, 0);
      else this.deliverText(chunk, start, chunk.length, 0, false);
    } catch (error) {
      this.#blame(error);
    } finally {
      if (this.#state === READING && this.#lent === undefined) this.#state = 0;
      else this.#endRead();
    }
    // What came from within.
    if (this.#state === UNREAD) this.#read();
  }

  #queue(chunk: Buffer): void {
    if (this.stopped) return;
    (this.#backlog ??= new GrowingBuffer()).append(chunk, 0, chunk.length);
    if (this.#state === UNREAD) this.#read();
    else this.#state |= UNREAD;
  }

  keep(bytes: Buffer, start: number, end: number): Buffer {
    if (bytes !== this.#lent) return start === 0 && end === bytes.length ? bytes : viewOf(bytes, start, end);
    const size = end - start;
    const { unread } = this.#parser;
    if (size >= unread || end + unread !== bytes.length) return copyOf(bytes, start, end);
    // More messages are right behind it, and a view of each costs less than a copy of each.
    const copy = copyOf(bytes, start, end + unread);
    this.#lent = undefined;
    this.#parser.push(copy.subarray(size));
    return copy.subarray(0, size);
  }

  /** Stops reading after the frame at hand; what arrives meanwhile is kept. */
  suspend(): void {
    this.#state |= SUSPENDED;
  }

  /** Goes on reading, with what was kept first. */
  resume(): void {
    this.#state &= ~SUSPENDED;
    if ((this.#state & (READING | STOPPED)) !== 0) return;
    if (this.inflating ? this.#inflated !== undefined : this.hasUnread) this.#read();
  }

  /** Whether a message is being inflated, and what is behind it has to wait. */
  get inflating(): boolean {
    return (this.#state & INFLATING) !== 0;
  }

  #read(): void {
    this.#state |= READING;
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
    if ((this.#state & (SUSPENDED | STOPPED)) !== 0) return false;
    return this.inflating ? this.#inflated !== undefined : this.#nextChunk();
  }

  #takeInflated(): () => void {
    const inflated = this.#inflated!;
    this.#inflated = undefined;
    this.#state &= ~INFLATING;
    return inflated;
  }

  /** What the peer is to blame for fails the connection; what a listener threw goes to whoever gave us the bytes. */
  #blame(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#control.violation(this.#errorBefore(error));
  }

  /** What is in front of the violation is judged first: text of the same chunk may be what the peer is to blame for. */
  #errorBefore(error: ProtocolError): ProtocolError {
    try {
      this.#assembler?.settle(this.#parser, this.#lent !== undefined);
    } catch (earlier) {
      if (earlier instanceof ProtocolError) return earlier;
    }
    return error;
  }

  /** Lets go of what was read: an idle connection holds no chunk. */
  #endRead(): void {
    const parser = this.#parser;
    if (this.stopped) this.#backlog = undefined;
    if (this.stopped || parser.unread === 0) parser.letGo();
    else if (this.#lent !== undefined) parser.push(Buffer.from(parser.takeUnread()));
    if (this.#lent !== undefined) this.#lent = undefined;
    this.#state &= HELD;
    if (this.hasUnread) this.#state |= UNREAD;
  }

  /** Reads until the chunk is empty, reading is suspended, or there is nothing more to hear. */
  #readChunk(): void {
    const parser = this.#parser;
    while ((this.#state & HELD) === 0) {
      const progress = parser.next();
      if (progress === Progress.Message) this.#readMessage(parser);
      else if (progress === Progress.NeedMore) return this.#assembler?.settle(parser, this.#lent !== undefined);
      else if (progress === Progress.Part) this.#assembling().add(parser, false, this.#lent !== undefined);
      else if ((parser.opcode & 0x08) !== 0) this.#readControl(parser);
      else if (parser.isWholeMessage) this.#readWholeMessage(parser);
      else this.#assemble(parser);
    }
  }

  #readMessage(frame: FrameParser): void {
    if (frame.end - frame.start >= LONG && this.#staysAsBytes(frame)) frame.moveDown();
    const { opcode, bytes, start, end, key, ascii } = frame;
    frame.free = end;
    if (opcode === Opcode.Binary) this.deliverBinary(bytes, start, end, key);
    else this.deliverText(bytes, start, end, key, ascii);
  }

  /** Whether it is told as bytes, which stay where they are. */
  #staysAsBytes({ opcode }: FrameParser): boolean {
    return this.#lent === undefined && (opcode === Opcode.Binary || !this.wantsString());
  }

  #readControl(frame: FrameParser): void {
    this.#assembler?.settle(frame, this.#lent !== undefined);
    if (frame.whole) frame.free = frame.end;
    const payload = frame.whole ? this.keep(frame.bytes, frame.start, frame.end) : frame.takeControl();
    this.#control.frame(frame.opcode, payload);
  }

  #nextChunk(): boolean {
    if (this.#backlog === undefined || this.#parser.unread > 0) return false;
    this.#lent = undefined;
    this.#parser.push(this.#backlog.take());
    this.#backlog = undefined;
    return true;
  }

  #readWholeMessage(frame: FrameParser): void {
    if (!frame.compressed) return this.#readMessage(frame);
    frame.unmask();
    this.#inflate(frame.bytes.subarray(frame.start, frame.end), frame.opcode === Opcode.Binary);
  }

  /** Most connections never need one. */
  #assembling(): MessageAssembler {
    return (this.#assembler ??= new MessageAssembler(this.validatesUtf8, this.#keepEnds, () => this.wantsString()));
  }

  #assemble(frame: FrameParser): void {
    const assembler = this.#assembling();
    const isLent = this.#lent !== undefined;
    assembler.add(frame, true, isLent);
    if (!frame.fin) return;
    if (!assembler.isRun) assembler.settle(frame, isLent);
    assembler.end();
    try {
      this.#deliverAssembled(assembler, frame);
    } finally {
      assembler.takeEnds();
    }
  }

  #deliverAssembled(assembler: MessageAssembler, frame: FrameParser): void {
    const { isBinary, compressed } = assembler;
    if (assembler.isRun) {
      const { runStart, runEnd, runIsAscii } = assembler;
      assembler.dropRun();
      frame.free = runEnd;
      if (compressed) this.#inflate(frame.bytes.subarray(runStart, runEnd), isBinary);
      else this.deliverInPlace(isBinary, frame.bytes, runStart, runEnd, runIsAscii);
    } else if (compressed) {
      this.#inflate(assembler.take(), isBinary);
    } else {
      this.deliverCollected(assembler, frame.messageLength);
    }
  }

  /** Reading stops while a long message is inflated, so that everything stays in order. */
  #inflate(payload: Buffer, isBinary: boolean): void {
    const inflater = this.#options.inflater!;
    if (!inflater.isLong(payload.length)) {
      return this.deliverInflated(inflater.inflate(payload, this.#options.maxPayload), isBinary);
    }
    this.#state |= INFLATING;
    inflater.inflateLater(
      this.#lent === undefined ? payload : Buffer.from(payload),
      this.#options.maxPayload,
      (error, message) => {
        this.#inflated = () => {
          if (error !== null) throw error;
          this.deliverInflated(message, isBinary);
        };
        this.handler.inflated();
      },
    );
  }
}

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}
