import type { Buffer } from 'node:buffer';
import { applyMask } from './fast-mask.ts';
import { rotateKey } from './mask.ts';

/** What was copied is still in the fastest cache when it is unmasked. */
const TILE = 16_384;

/** Copies `source[start, end)` to `target[at, …)`, masked or unmasked with `key` on the way. RFC 6455 §5.3. */
export function copyMasked(target: Buffer, at: number, source: Buffer, start: number, end: number, key: number): void {
  if (key === 0) {
    source.copy(target, at, start, end);
    return;
  }
  for (let from = start; from < end; from += TILE) {
    const to = Math.min(from + TILE, end);
    source.copy(target, at + from - start, from, to);
    applyMask(target, at + from - start, at + to - start, rotateKey(key, from - start));
  }
}
