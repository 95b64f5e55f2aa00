import { type Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { ConnectionHandler } from './connection-types.ts';
import { decodeText } from './decode-text.ts';
import { applyMask, applyMaskBlind } from './fast-mask.ts';
import { type MessageAssembler, notUtf8 } from './message-assembler.ts';
import { isAsciiAlone, unmaskAlone } from './unmask-alone.ts';
import { SMALL, unmaskSmall } from './unmask-small.ts';
import { unmaskText } from './unmask-text.ts';

/** From this length on, ASCII is decoded so much faster than UTF-8 that looking for it pays (bench/micro/parse.js). */
const ASCII_PAYS = 512;

/**
 * What becomes of the payload of a message, once it is known where it lies: it is unmasked, text is checked to be UTF-8
 * and made a string if that is wanted, and the handler is told. Throws a ProtocolError for text that is not UTF-8.
 */
export abstract class MessageDelivery {
  protected readonly handler: ConnectionHandler;
  /** Whether text, and the reason of a Close, has to be UTF-8. */
  readonly validatesUtf8: boolean;

  constructor(handler: ConnectionHandler, validatesUtf8: boolean) {
    this.handler = handler;
    this.validatesUtf8 = validatesUtf8;
  }

  /** The message at hand, which lies in `bytes[start, end)`, to keep: a view, or a copy where the memory is lent. */
  abstract keep(bytes: Buffer, start: number, end: number): Buffer;

  /** Whether text is rather told as a string. */
  protected wantsString(): boolean {
    return this.handler.wantsString?.() ?? false;
  }

  /** A binary message that lies in one piece, and is masked with `key`. */
  protected deliverBinary(bytes: Buffer, start: number, end: number, key: number): void {
    if (key !== 0) applyMaskBlind(bytes, start, end, key);
    this.handler.message(bytes, start, end, true, false);
  }

  /**
   * Text that lies in one piece and is masked with `key`, or is not and may be known to be ASCII: how it is unmasked depends on
   * who wants it.
   */
  protected deliverText(bytes: Buffer, start: number, end: number, key: number, ascii: boolean): void {
    if (ascii) this.deliverInPlace(false, bytes, start, end, true);
    else if (this.wantsString()) {
      this.#tell(unmaskText(bytes, start, end, key, this.validatesUtf8), end - start);
    } else {
      this.#deliverBytes(bytes, start, end, key !== 0 && applyMask(bytes, start, end, key) < 0x80);
    }
  }

  /**
   * The same for either, masked, where nothing is in the chunk but its header, and behind that the message from `start` on.
   * The chunk is not lent.
   */
  protected deliverAlone(isBinary: boolean, chunk: Buffer, start: number, key: number): void {
    const { length } = chunk;
    if (isBinary) {
      const payload = length <= SMALL ? unmaskSmall(chunk, start, key) : unmaskAlone(chunk, start, key);
      this.handler.message(payload, 0, payload.length, true, false);
    } else if (this.wantsString()) {
      this.#tell(unmaskText(chunk, start, length, key, this.validatesUtf8), length - start);
    } else {
      const payload = unmaskAlone(chunk, start, key);
      if (isAsciiAlone) this.handler.message(payload, 0, payload.length, false, true);
      else this.#deliverChecked(payload);
    }
  }

  /** A message that lies in one piece of a chunk, and is not masked any more. */
  protected deliverInPlace(isBinary: boolean, bytes: Buffer, start: number, end: number, ascii: boolean): void {
    if (isBinary) this.handler.message(bytes, start, end, true, false);
    else if (this.wantsString()) this.#deliverString(bytes, start, end, ascii);
    else this.#deliverBytes(bytes, start, end, ascii);
  }

  /** A message that was collected from its frames: its text has been checked on the way. */
  protected deliverCollected(assembler: MessageAssembler, size: number): void {
    const { isBinary, ascii } = assembler;
    if (!isBinary && this.wantsString()) return this.handler.text!(assembler.takeText(), size);
    const payload = assembler.take();
    this.handler.message(payload, 0, payload.length, isBinary, ascii);
  }

  /** A message in memory of its own. */
  protected deliverInflated(message: Buffer, isBinary: boolean): void {
    if (isBinary) this.handler.message(message, 0, message.length, true, false);
    else if (this.wantsString()) this.#deliverString(message, 0, message.length, false);
    else this.#deliverChecked(message);
  }

  #deliverString(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    this.#tell(decodeText(bytes, start, end, ascii, this.validatesUtf8), end - start);
  }

  #tell(text: string | undefined, size: number): void {
    if (text === undefined) throw notUtf8();
    this.handler.text!(text, size);
  }

  #deliverBytes(text: Buffer, start: number, end: number, ascii: boolean): void {
    if (ascii) this.handler.message(text, start, end, false, true);
    else this.#deliverChecked(this.keep(text, start, end));
  }

  #deliverChecked(text: Buffer): void {
    this.handler.message(text, 0, text.length, false, this.#check(text));
  }

  /** Returns whether it is ASCII, if that is worth knowing. */
  #check(text: Buffer): boolean {
    if (text.length >= ASCII_PAYS && isAscii(text)) return true;
    if (this.validatesUtf8 && !isUtf8(text)) throw notUtf8();
    return false;
  }
}
