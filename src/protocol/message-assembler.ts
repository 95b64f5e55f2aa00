import type { Buffer } from 'node:buffer';
import { CloseCode } from './close.ts';
import { decodeText } from './decode-text.ts';
import { ProtocolError } from './errors.ts';
import type { FrameParser } from './frame-parser.ts';
import { Opcode } from './opcode.ts';
import { PayloadCollector } from './payload-collector.ts';
import { giveSpare, takeSpare } from './spare-memory.ts';
import { Utf8Validator } from './utf8.ts';

/** RFC 6455 §8.1. */
export function notUtf8(): ProtocolError {
  return new ProtocolError(
    CloseCode.InvalidPayload,
    'WS_ERR_INVALID_UTF8',
    'Invalid WebSocket frame: invalid UTF-8 sequence',
  );
}

/** Fragments of fewer bytes are moved together where they are; longer ones are copied once, to where they stay. */
const SHORT = 16_384;

/**
 * Puts a message together that does not lie in one piece of one chunk: a fragmented one, or one whose payload is cut
 * by the end of a read. RFC 6455 §5.4.
 *
 * Short fragments are moved behind each other within the chunk, over headers that are read: the run. A message whose
 * fragments came in one chunk is delivered from there, as if it had come in one frame. What must leave the chunk, at
 * its end or before a control frame, is collected. Text is judged before anything else happens, and so refused at the
 * first impossible byte, §8.1.
 */
export class MessageAssembler {
  /** What the first frame said. */
  isBinary = true;
  compressed = false;
  /** Whether every byte of the message so far is known to be below 0x80. */
  ascii = true;
  /** Whether `takeEnds` is to know the fragments. */
  keepEnds: boolean;

  /** The fragments in the chunk at hand that are not collected: its `bytes[runStart, runEnd)`. */
  runStart = 0;
  runEnd = 0;
  /** Whether every byte of it is known to be below 0x80. */
  runIsAscii = true;
  #hasRun = false;

  readonly #payload = new PayloadCollector();
  readonly #validator = new Utf8Validator();
  readonly #validate: boolean;
  readonly #wantsString: () => boolean;
  #ends: number[] = [];
  #isNew = true;

  /** `wantsString` is asked when a text message begins: whether it will be told as a string, by `takeText`. */
  constructor(validateUtf8: boolean, keepEnds: boolean, wantsString: () => boolean = () => false) {
    this.#wantsString = wantsString;
    this.#validate = validateUtf8;
    this.keepEnds = keepEnds;
  }

  /** Bytes held, for tests of the bound on memory. */
  get capacity(): number {
    return this.#payload.capacity;
  }

  /** Whether the message so far is the run and nothing else: `bytes[runStart, runEnd)` of the chunk. */
  get isRun(): boolean {
    return this.#hasRun && this.#payload.length === 0;
  }

  /** Takes the piece that the parser points to; `frameEnds` when it ends its frame, `isLent` when it is to be copied. */
  add(frame: FrameParser, frameEnds: boolean, isLent: boolean): void {
    if (this.#isNew) this.#begin(frame);
    const isJoining = frameEnds && frame.end - frame.start < SHORT;
    if (isJoining) {
      this.#join(frame);
    } else {
      this.settle(frame, isLent);
      this.#collect(frame, isLent);
    }
    if (frameEnds && this.keepEnds) this.#ends.push(this.#payload.length + this.runEnd - this.runStart);
  }

  /** Collects the run, as its chunk is going to be left or looked at. Throws for text that cannot become UTF-8. */
  settle(frame: FrameParser, isLent: boolean): void {
    if (!this.#hasRun) return;
    const { runStart, runEnd } = this;
    this.dropRun();
    this.#judge(frame.bytes, runStart, runEnd, this.runIsAscii);
    this.#append(frame, runStart, runEnd, isLent, 0);
  }

  /** The run was delivered, and the message with it. */
  dropRun(): void {
    this.#hasRun = false;
    this.runStart = 0;
    this.runEnd = 0;
  }

  /** The message is over: the next piece begins another. Throws for text that ends within a character. */
  end(): void {
    this.#isNew = true;
    const isCut = this.#validate && !this.isBinary && !this.compressed && !this.#validator.complete;
    this.#validator.reset();
    if (isCut) throw notUtf8();
  }

  /** The collected payload of the message, as it was sent: still compressed if it is. */
  take(): Buffer {
    const payload = this.#payload.take();
    this.#payload.takeMemory(payload);
    return payload;
  }

  /** The same as a string; its memory serves the next one. */
  takeText(): string {
    const payload = this.#payload.take();
    const text = decodeText(payload, 0, payload.length, this.ascii, false)!;
    giveSpare(this.#payload.takeMemory(payload));
    return text;
  }

  /** Where each fragment of the message ends in its payload. Empty unless asked for. */
  takeEnds(): readonly number[] {
    const ends = this.#ends;
    if (ends.length > 0) this.#ends = [];
    return ends;
  }

  #begin(frame: FrameParser): void {
    this.#isNew = false;
    this.isBinary = frame.opcode === Opcode.Binary;
    this.compressed = frame.compressed;
    this.ascii = !this.isBinary;
  }

  #join(frame: FrameParser): void {
    frame.unmask();
    const { bytes, start, end, ascii } = frame;
    if (!this.#hasRun) {
      this.#hasRun = true;
      this.runIsAscii = ascii;
      this.runStart = start;
      this.runEnd = end;
      return;
    }
    this.runIsAscii &&= ascii;
    bytes.copyWithin(this.runEnd, start, end);
    this.runEnd += end - start;
  }

  #collect(frame: FrameParser, isLent: boolean): void {
    if (!this.isBinary && !this.compressed) {
      frame.unmask();
      this.#judge(frame.bytes, frame.start, frame.end, frame.ascii);
    }
    this.#append(frame, frame.start, frame.end, isLent, frame.key);
  }

  #append(frame: FrameParser, start: number, end: number, isLent: boolean, key: number): void {
    if (start === end) return;
    if (this.#payload.length === 0 && !this.isBinary && !this.compressed && this.#wantsString()) {
      this.#beginInSpare(frame.messageLength);
    }
    const { bytes, free } = frame;
    const expected = frame.fin ? frame.messageLength : Infinity;
    if (!isLent && this.#payload.stay(bytes, free, start, end, expected, key)) return;
    this.#payload.append(bytes, start, end, expected, isLent, key);
  }

  #beginInSpare(size: number): void {
    const spare = takeSpare(size);
    if (spare !== undefined) this.#payload.beginIn(spare);
  }

  /** Most text is ASCII, and the unmasking has seen that: then all there is to know is that no character was cut. */
  #judge(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    if (this.isBinary || this.compressed || start === end) return;
    if (!ascii) this.ascii = false;
    if (!this.#validate) return;
    const validator = this.#validator;
    if (ascii ? !validator.complete : !validator.push(bytes, start, end)) throw notUtf8();
  }
}
