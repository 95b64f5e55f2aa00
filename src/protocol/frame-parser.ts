import { Buffer } from 'node:buffer';
import { applyMask, applyMaskBlind } from './fast-mask.ts';
import {
  checkFirstTwo,
  headerSize,
  lengthEnd,
  LONGEST_HEADER,
  parseLength,
  readKey,
  shortHeaderSize,
  shortLength,
  SINGLE_BINARY,
  SINGLE_TEXT,
} from './frame-header.ts';
import { tooBig, tooManyFragments } from './frame-violations.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { maskLong } from './long-mask.ts';
import { rotateKey } from './mask.ts';
import { FIN, MASK, Opcode, RSV1 } from './opcode.ts';
import type { Role } from './role.ts';
import { asciiUntil, LONGEST_AHEAD, unmaskAhead, unmaskedUntil, WORTH_AHEAD } from './unmask-ahead.ts';

/** How far `FrameParser.next` came. */
export const Progress = {
  /** Everything that was pushed is read. */
  NeedMore: 0,
  /** `bytes[start, end)` is a piece of a data frame's payload, and more of it will follow. */
  Part: 1,
  /** `bytes[start, end)` is the payload of a frame, or what followed its parts: the frame is over. */
  Frame: 2,
  /** `bytes[start, end)` is a whole message in one frame, not compressed. */
  Message: 3,
} as const;
export type Progress = (typeof Progress)[keyof typeof Progress];

/** What frames of the peer may be. */
export interface FrameParserOptions {
  /** Bytes that the payloads of one message may sum up to; 0 is no limit. */
  readonly maxPayload: number;
  /** Frames that one message may be cut into; 0 is no limit. */
  readonly maxFragments: number;
  /** The reserved bits that an extension has claimed: `RSV1` or 0. */
  readonly allowedRsv: number;
}

const EMPTY = Buffer.alloc(0);

/** What a length of 16 bits says at most. RFC 6455 §5.2. */
const LONGEST_SHORT = 0xffff;

/**
 * Bytes to frames, with every rule of RFC 6455 §5 that concerns a single frame or the sequence of frames. Push a
 * chunk, then call `next` until it needs more; what it found stands in the fields, and the payload stays where it
 * arrived, without a view. That of a data frame may still be masked, with `key`: `unmask` does it in place, and whoever
 * copies it anyway unmasks on the way. A rule that is broken is a `ProtocolError`; the parser is not to be used after
 * it.
 */
export class FrameParser {
  /** The frame at hand. */
  fin = true;
  opcode: Opcode = Opcode.Binary;
  /** RSV1 of the first frame of the message at hand. RFC 7692 §6. */
  compressed = false;
  /** Whether the payload is all in `bytes[start, end)`, no part of it was told before. */
  whole = true;
  /** Whether `bytes[start, end)`, unmasked, is known to be all ASCII if it is text. */
  ascii = false;

  /** Where the payload, or a part of it, lies: in the chunk. */
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  /** What masks `bytes[start, end)`, little-endian; 0 if nothing does, or no longer. */
  key = 0;
  /**
   * Between messages, what lies from here to the frame at hand is nobody's any more: before it is what may have been handed over. While one
   * is being put together, its fragments lie there.
   */
  free = 0;

  /** Bytes and frames of the message at hand, as declared so far. */
  messageLength = 0;
  #fragments = 0;
  #inMessage = false;

  readonly #expectMask: boolean;
  readonly #limits: FrameParserOptions;
  /** Bytes of a message that may go the short way. */
  readonly #mostShort: number;

  #at = 0;
  /** Before it nothing is to be unmasked ahead: that was done, or tried. */
  #triedUntil = 0;
  /** Frames before this have a key of 0, which need not be read; text of frames before that is all ASCII. */
  #unmaskedUntil = 0;
  #asciiUntil = 0;
  #header: Buffer | undefined;
  #headerLength = 0;
  #control: GrowingBuffer | undefined;
  #inPayload = false;
  #missing = 0;
  /** The key where the next piece of the payload begins. */
  #nextKey = 0;

  /** `role` is the receiver's: a server expects masked frames, a client unmasked ones. §5.1. */
  constructor(role: Role, limits: FrameParserOptions) {
    this.#expectMask = role === 'server';
    this.#limits = limits;
    this.#mostShort = limits.maxPayload === 0 ? LONGEST_SHORT : Math.min(limits.maxPayload, LONGEST_SHORT);
  }

  /** Bytes that were pushed and not read. */
  get unread(): number {
    return this.bytes.length - this.#at;
  }

  /** Whether the frame at hand, being over, is a message by itself that lies in `bytes[start, end)`. */
  get isWholeMessage(): boolean {
    return this.whole && this.fin && this.opcode !== Opcode.Continuation;
  }

  /** Gives the next bytes of the stream; the last ones must be read. They are unmasked in place. */
  push(chunk: Buffer): void {
    this.bytes = chunk;
    this.free = 0;
    this.#at = 0;
    this.#triedUntil = 0;
    this.#unmaskedUntil = 0;
    this.#asciiUntil = 0;
  }

  /** Takes back what was pushed and not read. */
  takeUnread(): Buffer {
    const rest = this.bytes.subarray(this.#at);
    this.letGo();
    return rest;
  }

  /** Forgets the chunk, and what of it was not read. */
  letGo(): void {
    this.bytes = EMPTY;
    this.#at = 0;
  }

  /** The payload of a control frame that came in parts. */
  takeControl(): Buffer {
    return this.#control!.take();
  }

  /** Unmasks `bytes[start, end)` where it is. */
  unmask(): void {
    const { bytes, start, end, key } = this;
    if (key === 0) return;
    if (this.opcode === Opcode.Binary) applyMaskBlind(bytes, start, end, key);
    else this.ascii = applyMask(bytes, start, end, key) < 0x80;
    this.key = 0;
  }

  /**
   * Unmasks a long payload and moves it down to what is before it, over headers that are read and what was taken elsewhere: through the
   * kernel that costs no more than to unmask it where it is. Does nothing where that is not so.
   */
  moveDown(): void {
    const { bytes, start, end, key, free } = this;
    if (key === 0 || !maskLong(bytes, free, bytes, start, end, key)) return;
    this.key = 0;
    this.start = free;
    this.end = free + end - start;
  }

  /**
   * Where the payload begins in a chunk that, being the next bytes, is a message by the short way and nothing else; 0 if
   * it is not. It need not be pushed, then.
   */
  startOfMessage(chunk: Buffer): number {
    const first = chunk[0];
    if ((first !== SINGLE_TEXT && first !== SINGLE_BINARY) || !this.#isBetweenMessages()) return 0;
    const length = shortLength(chunk, 0, this.#expectMask);
    const start = shortHeaderSize(length, this.#expectMask);
    return length >= 0 && start + length === chunk.length && length <= this.#mostShort ? start : 0;
  }

  #isBetweenMessages(): boolean {
    return !this.#inPayload && !this.#inMessage && this.#headerLength === 0;
  }

  next(): Progress {
    const at = this.#at;
    if (at === this.bytes.length) return Progress.NeedMore;
    if (this.#isBetweenMessages() && this.#readShortMessage(this.bytes, at)) {
      this.#at = this.end;
      return Progress.Message;
    }
    return this.#inPayload || this.#readHeader() ? this.#readPayload() : Progress.NeedMore;
  }

  /**
   * The short way for what is most of all traffic: a whole message of less than 64 KiB in one frame in one chunk, about
   * which nothing is wrong. Whatever else it is, is left to the long way, which is its plain twin.
   */
  #readShortMessage(chunk: Buffer, at: number): boolean {
    const first = chunk[at];
    if (first !== SINGLE_TEXT && first !== SINGLE_BINARY) return false;
    const length = shortLength(chunk, at, this.#expectMask);
    const start = at + shortHeaderSize(length, this.#expectMask);
    const end = start + length;
    if (length < 0 || end > chunk.length || length > this.#mostShort) return false;
    if (at >= this.#triedUntil && chunk.length - end >= WORTH_AHEAD) this.#unmaskAhead(at, length);
    this.opcode = first === SINGLE_TEXT ? Opcode.Text : Opcode.Binary;
    this.key = this.#expectMask && at >= this.#unmaskedUntil ? readKey(chunk, start - 4) : 0;
    this.ascii = end <= this.#asciiUntil;
    this.start = start;
    this.end = end;
    return true;
  }

  /**
   * Unmasks the frames from `at` on, of which the first has so many bytes, all at once. They mean the same as before, so it does
   * not matter whether they are sound, and when they are read.
   */
  #unmaskAhead(at: number, length: number): void {
    if (!this.#expectMask || length < 0 || length > LONGEST_AHEAD) return;
    this.#triedUntil = unmaskAhead(this.bytes, at);
    this.#unmaskedUntil = unmaskedUntil;
    this.#asciiUntil = asciiUntil;
  }

  #readHeader(): boolean {
    const available = this.bytes.length - this.#at;
    if (this.#headerLength > 0 || available < 2) return this.#readSplitHeader();
    const second = this.bytes[this.#at + 1]!;
    this.#checkFirstTwo(this.bytes[this.#at]!, second);
    const size = headerSize(second);
    if (available < size) return this.#readSplitHeader();
    if (this.#at >= this.#triedUntil && available >= WORTH_AHEAD) {
      this.#unmaskAhead(this.#at, shortLength(this.bytes, this.#at, true));
    }
    this.#begin(this.bytes, this.#at);
    this.#at += size;
    return true;
  }

  /**
   * A header that is cut: its bytes are collected, and judged as soon as there are enough of them: the first two, and
   * the length before the masking key has come.
   */
  #readSplitHeader(): boolean {
    const header = (this.#header ??= Buffer.alloc(LONGEST_HEADER));
    while (this.#at < this.bytes.length) {
      header[this.#headerLength++] = this.bytes[this.#at++]!;
      if (this.#headerLength < 2) continue;
      const first = header[0]!;
      const second = header[1]!;
      if (this.#headerLength === 2) this.#checkFirstTwo(first, second);
      const keyAt = lengthEnd(second);
      if (this.#headerLength === keyAt) this.#checkLength(first, parseLength(header, 0));
      if (this.#headerLength < headerSize(second)) continue;
      this.#headerLength = 0;
      this.#begin(header, 0);
      return true;
    }
    return false;
  }

  #checkFirstTwo(first: number, second: number): void {
    checkFirstTwo(first, second, this.#expectMask, this.#limits.allowedRsv, this.#inMessage);
  }

  /** Reads a header that is there as a whole, from `at` on. */
  #begin(bytes: Buffer, at: number): void {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const length = parseLength(bytes, at);
    this.fin = (first & FIN) !== 0;
    this.opcode = (first & 0x0f) as Opcode;
    this.whole = true;
    this.#missing = length;
    this.#nextKey = (second & MASK) === 0 ? 0 : readKey(bytes, at + lengthEnd(second));
    if ((first & 0x08) === 0) this.#countDataFrame(first, length);
    this.#inPayload = true;
  }

  #countDataFrame(first: number, length: number): void {
    this.#checkLength(first, length);
    if (!this.#inMessage) {
      this.messageLength = 0;
      this.#fragments = 0;
      this.compressed = (first & RSV1) !== 0;
    }
    this.#inMessage = !this.fin;
    this.messageLength += length;
    this.#fragments++;
  }

  /** The limits, on the length that is declared, before any of it is kept. */
  #checkLength(first: number, length: number): void {
    if ((first & 0x08) !== 0) return;
    const { maxPayload, maxFragments } = this.#limits;
    if (maxPayload > 0 && length + (this.#inMessage ? this.messageLength : 0) > maxPayload) throw tooBig();
    if (maxFragments > 0 && this.#inMessage && this.#fragments >= maxFragments) throw tooManyFragments();
  }

  #readPayload(): Progress {
    const start = this.#at;
    const size = Math.min(this.#missing, this.bytes.length - start);
    this.#missing -= size;
    const isOver = this.#missing === 0;
    if (size === 0 && !isOver) return Progress.NeedMore;
    this.start = start;
    this.end = start + size;
    this.#at = this.end;
    this.key = this.#nextKey;
    this.ascii = this.end <= this.#asciiUntil;
    this.#nextKey = rotateKey(this.key, size);
    const isControl = (this.opcode & 0x08) !== 0;
    if (isControl) this.#readControl(isOver);
    if (isOver) {
      this.#inPayload = false;
      return Progress.Frame;
    }
    this.whole = false;
    return isControl ? Progress.NeedMore : Progress.Part;
  }

  /** A control frame is told when it is whole. */
  #readControl(isOver: boolean): void {
    this.unmask();
    if (isOver && this.whole) return;
    (this.#control ??= new GrowingBuffer()).append(this.bytes, this.start, this.end);
  }
}
