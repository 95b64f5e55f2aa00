import { held, heldEnd, heldStart, hold, narrowWords, releaseLarge, wide } from './held-words.ts';
import { key32, key64 } from './key-words.ts';
import { isLittleEndian } from './little-endian.ts';
import { LONG, maskLong } from './long-mask.ts';
import { rotateKey } from './mask.ts';

/** Fewer bytes than this are masked one by one. */
const SHORT = 12;

/** So are fewer than this where their words are not held: to make a view of them would cost more. */
const SHORT_ANEW = 32;

/** And these, where nothing behind them in the chunk could make up for the view (bench/micro/mask.js). */
const ALONE = 112;

/** From this many bytes on, 64 bits at a time and `isAscii` afterwards are faster than to look at 32 at a time. */
const WIDE = 208;

/** With this many bytes behind them there are more of the same, and a view of 32 bits pays too. */
const MANY = 512;

/** What `applyMask` answers when not all is ASCII, or it did not look. */
const UNKNOWN = 0xff;

/** Bytes of header before the payload of a masked frame, at least. RFC 6455 §5.2. */
const LEAST_HEADER = 6;

/**
 * Masks or unmasks `bytes[start, end)` in place (RFC 6455 §5.3). The six bytes right before it must be nobody else's, if
 * they are in `bytes`: they are the header of the frame, or memory that was not given away yet.
 */
export function applyMaskBlind(bytes: Uint8Array, start: number, end: number, key: number): void {
  if (end - start >= LONG && maskLong(bytes, start, bytes, start, end, key)) return;
  if (isHeld(bytes, start, end)) maskBy64(bytes, start, end, key);
  else maskBytewise(bytes, start, end, key);
}

/** Does the same and looks: below 0x80 says that what was unmasked is ASCII; 0xff that it is not, or is too long. */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number): number {
  if (end - start < WIDE) {
    const isFollowed = bytes.length - end >= MANY;
    if ((bytes !== held && !isFollowed) || !isHeld(bytes, start, end)) return maskBytewise(bytes, start, end, key);
    const narrow = narrowWords(isFollowed);
    if (narrow !== undefined) return lookBy32(bytes, narrow, start, end, key);
  }
  applyMaskBlind(bytes, start, end, key);
  return UNKNOWN;
}

/** Whether the words of `bytes` are held, or are from now on because that pays. */
function isHeld(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < SHORT) return false;
  if (bytes === held) return true;
  if (length < SHORT_ANEW || bytes.length - start <= ALONE || !isLittleEndian) return false;
  hold(bytes);
  return true;
}

function maskBytewise(bytes: Uint8Array, start: number, end: number, key: number): number {
  const k0 = key & 0xff;
  const k1 = (key >>> 8) & 0xff;
  const k2 = (key >>> 16) & 0xff;
  const k3 = key >>> 24;
  let seen = 0;
  let i = start;
  for (const stop = end - 3; i < stop; i += 4) {
    seen |= (bytes[i]! ^= k0) | (bytes[i + 1]! ^= k1) | (bytes[i + 2]! ^= k2) | (bytes[i + 3]! ^= k3);
  }
  if (i < end) seen |= bytes[i++]! ^= k0;
  if (i < end) seen |= bytes[i++]! ^= k1;
  if (i < end) seen |= bytes[i]! ^= k2;
  return seen;
}

/** The octets of a word from the n-th on, and those before the n-th. */
const from32 = Int32Array.of(-1, -1 << 8, -1 << 16, -1 << 24);
const until32 = from32.map((octets) => ~octets);
const from64 = BigUint64Array.from({ length: 8 }, (_, n) => -1n << BigInt(8 * n));
const until64 = from64.map((octets) => ~octets);

/**
 * The words in which the range begins and ends are masked in their octets that belong to it, unless others have a part
 * in them: whoever owns the memory around `bytes`, of whom a thread may write there at this moment (a file that is
 * being read), or who was given the payload before the header. Then it goes by bytes, up to the word and behind it.
 */
function maskBy64(bytes: Uint8Array, start: number, end: number, key: number): void {
  const words = wide;
  const from = heldStart + start;
  const to = heldStart + end;
  const rotated = rotateKey(key, 0 - from);
  key32[0] = rotated;
  key32[1] = rotated;
  const k = key64[0]!;
  const head = from & 7;
  const tail = to & 7;
  const last = to >>> 3;
  let i = from >>> 3;
  if (head !== 0) {
    if (head <= LEAST_HEADER && from - head >= heldStart) words[i]! ^= k & from64[head]!;
    else maskBytewise(bytes, start, start + 8 - head, key);
    i++;
  }
  for (const stop = last - 7; i < stop; i += 8) {
    words[i]! ^= k;
    words[i + 1]! ^= k;
    words[i + 2]! ^= k;
    words[i + 3]! ^= k;
    words[i + 4]! ^= k;
    words[i + 5]! ^= k;
    words[i + 6]! ^= k;
    words[i + 7]! ^= k;
  }
  for (; i < last; i++) words[i]! ^= k;
  if (tail !== 0) {
    if (to - tail + 8 <= heldEnd) words[last]! ^= k & until64[tail]!;
    else maskBytewise(bytes, end - tail, end, rotated);
  }
  releaseLarge();
}

function lookBy32(bytes: Uint8Array, words: Int32Array, start: number, end: number, key: number): number {
  const from = heldStart + start;
  const to = heldStart + end;
  const k = rotateKey(key, 0 - from);
  const head = from & 3;
  const tail = to & 3;
  const last = to >>> 2;
  let i = from >>> 2;
  let seenWords = 0;
  let seen = 0;
  if (head !== 0) {
    if (from - head >= heldStart) seenWords = from32[head]! & (words[i]! ^= k & from32[head]!);
    else seen = maskBytewise(bytes, start, start + 4 - head, key);
    i++;
  }
  for (const stop = last - 3; i < stop; i += 4) {
    seenWords |= (words[i]! ^= k) | (words[i + 1]! ^= k) | (words[i + 2]! ^= k) | (words[i + 3]! ^= k);
  }
  for (; i < last; i++) seenWords |= words[i]! ^= k;
  if (tail !== 0) {
    if (to - tail + 4 <= heldEnd) seenWords |= until32[tail]! & (words[last]! ^= k & until32[tail]!);
    else seen |= maskBytewise(bytes, end - tail, end, k);
  }
  releaseLarge();
  return (seenWords & 0x80808080) === 0 ? seen : UNKNOWN;
}
