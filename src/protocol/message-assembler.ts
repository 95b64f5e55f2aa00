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

/**
 * Puts a message together that does not lie in one piece of one chunk: a fragmented one, or one whose payload is cut
 * by the end of a read. Text is judged as it arrives, and refused at the first impossible byte. RFC 6455 §5.4, §8.1.
 */
export class MessageAssembler {
  /** What the first frame said. */
  isBinary = true;
  compressed = false;
  /** Whether every byte of the message so far is known to be below 0x80. */
  ascii = true;
  /** Whether `takeEnds` is to know the fragments. */
  keepEnds: boolean;

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

  /** Takes the piece that the parser points to; `frameEnds` when it ends its frame, `isLent` when it is to be copied. */
  add(frame: FrameParser, frameEnds: boolean, isLent: boolean): void {
    const { bytes, start, end } = frame;
    if (this.#isNew) {
      this.#isNew = false;
      this.isBinary = frame.opcode === Opcode.Binary;
      this.compressed = frame.compressed;
      this.ascii = !this.isBinary;
      if (this.ascii && !this.compressed && this.#wantsString()) this.#beginInSpare(frame.messageLength);
    }
    if (!this.isBinary && !this.compressed) this.#judge(frame, frameEnds && frame.fin);
    if (end > start) this.#payload.append(bytes, start, end, frame.fin ? frame.messageLength : Infinity, isLent);
    if (frameEnds && this.keepEnds) this.#ends.push(this.#payload.length);
  }

  /** The message's payload, as it was sent: still compressed if it is. */
  take(): Buffer {
    this.#isNew = true;
    this.#validator.reset();
    const payload = this.#payload.take();
    this.#payload.takeMemory(payload);
    return payload;
  }

  /** The same as a string; its memory serves the next one. */
  takeText(): string {
    this.#isNew = true;
    this.#validator.reset();
    const payload = this.#payload.take();
    const text = decodeText(payload, 0, payload.length, this.ascii, false)!;
    giveSpare(this.#payload.takeMemory(payload));
    return text;
  }

  #beginInSpare(size: number): void {
    const spare = takeSpare(size);
    if (spare !== undefined) this.#payload.beginIn(spare);
  }

  /** Where each fragment of the message ends in its payload. Empty unless asked for. */
  takeEnds(): readonly number[] {
    const ends = this.#ends;
    if (ends.length > 0) this.#ends = [];
    return ends;
  }

  /** Most text is ASCII, and the unmasking has seen that: then all there is to know is that no character was cut. */
  #judge({ bytes, start, end, ascii }: FrameParser, messageEnds: boolean): void {
    const validator = this.#validator;
    if (!ascii && end > start) this.ascii = false;
    if (!this.#validate) return;
    const isPossible = ascii ? validator.complete || end === start : validator.push(bytes, start, end);
    if (!isPossible || (messageEnds && !validator.complete)) throw notUtf8();
  }
}
