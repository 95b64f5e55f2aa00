import type { Buffer } from 'node:buffer';
import { applyMaskBlind } from './fast-mask.ts';
import { maskLong } from './long-mask.ts';
import { rotateKey } from './mask.ts';
import { TILE } from './mask-kernel.ts';
import { put } from './typed-array.ts';

/** From this many bytes on, what is copied in any case takes half as long through the kernel. */
const LEAST = 128;

/** Copies `source[start, end)` to `target[at, …)`, masked or unmasked with `key` on the way. RFC 6455 §5.3. */
export function copyMasked(
  target: Buffer,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
  key: number,
): void {
  if (key === 0) return copy(target, at, source, start, end);
  if (end - start >= LEAST && maskLong(target, at, source, start, end, key)) return;
  for (let from = start; from < end; from += TILE) {
    const to = Math.min(from + TILE, end);
    copy(target, at + from - start, source, from, to);
    applyMaskBlind(target, at + from - start, at + to - start, rotateKey(key, from - start));
  }
}

/** A view of the part is only made where it is a part: it costs three times as much as the copy. */
function copy(target: Buffer, at: number, source: Uint8Array, start: number, end: number): void {
  put(target, start === 0 && end === source.length ? source : source.subarray(start, end), at);
}
