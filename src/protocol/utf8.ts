import { isUtf8 } from 'node:buffer';
import type { Buffer } from 'node:buffer';

/** How many bytes a character has that starts with `lead`; 0 where no character does. RFC 3629 §4. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/**
 * Says of text that arrives in pieces whether it can still become UTF-8, and says no at the first byte that makes
 * it impossible (RFC 6455 §8.1, RFC 3629 §4). Whole characters are checked natively; only the character that a piece
 * leaves dangling is remembered, as the number of bytes it lacks and the range of the next one.
 */
export class Utf8Validator {
  #missing = 0;
  #low = 0x80;
  #high = 0xbf;

  /** Whether no character is unfinished: a message may end here. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Takes `bytes[start, end)`; false as soon as no continuation could make it UTF-8. */
  push(bytes: Buffer, start: number, end: number): boolean {
    let at = start;
    while (this.#missing > 0 && at < end) if (!this.#continue(bytes[at++]!)) return false;
    const dangling = danglingStart(bytes, at, end);
    if (dangling > at && !isUtf8(bytes.subarray(at, dangling))) return false;
    if (dangling === end) return true;
    this.#begin(bytes[dangling]!);
    for (let i = dangling + 1; i < end; i++) if (!this.#continue(bytes[i]!)) return false;
    return true;
  }

  /** Forgets an unfinished character: the next byte begins a message. */
  reset(): void {
    this.#missing = 0;
  }

  #begin(lead: number): void {
    this.#missing = sequenceLength(lead) - 1;
    // The second byte is where overlong forms, surrogates and what is beyond U+10FFFF show.
    this.#low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    this.#high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  }

  #continue(byte: number): boolean {
    if (byte < this.#low || byte > this.#high) return false;
    this.#missing--;
    this.#low = 0x80;
    this.#high = 0xbf;
    return true;
  }
}

/** Where the character begins that `bytes[start, end)` leaves unfinished; `end` if none is. */
function danglingStart(bytes: Buffer, start: number, end: number): number {
  for (let i = end - 1; i >= start && i >= end - 3; i--) {
    const byte = bytes[i]!;
    if ((byte & 0xc0) === 0x80) continue;
    return sequenceLength(byte) > end - i ? i : end;
  }
  return end;
}
