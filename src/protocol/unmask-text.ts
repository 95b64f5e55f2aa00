import type { Buffer } from 'node:buffer';
import { viewOf } from './buffer-view.ts';
import { decodeText } from './decode-text.ts';
import { applyMask } from './fast-mask.ts';
import { askKernel } from './long-mask.ts';
import { TILE, TILE_AT } from './mask-kernel.ts';
import { isAsciiRead } from './read-memory.ts';
import { put } from './typed-array.ts';

/** From this many bytes on, a text that is alone in its chunk is unmasked faster by the kernel (bench/micro/parse.js). */
const ALONE = 48;

/** From this many on, one among others is, though a view of it is needed to copy it. */
const AMONG_OTHERS = 256;

/** What is around a text that is alone, at most. RFC 6455 §5.2. */
const LONGEST_HEADER = 14;

/** So there is room for it, its header, and what the kernel writes behind it. */
const LARGEST = TILE - 64;

/**
 * The text in `bytes[start, end)`, masked with `key` if that is not 0; undefined if `validate` says that it must be
 * UTF-8, and it is not. Nobody is to look at those bytes afterwards: they are unmasked, or they are not.
 *
 * What becomes a string need not be unmasked where it is. The kernel has it copied to its memory, unmasks it there,
 * sees whether it is ASCII, and nothing is copied back.
 */
export function unmaskText(
  bytes: Buffer,
  start: number,
  end: number,
  key: number,
  validate: boolean,
): string | undefined {
  if (key === 0) return decodeText(bytes, start, end, isAsciiRead(bytes, start, end), validate);
  const size = end - start;
  const isAlone = bytes.length - size <= LONGEST_HEADER;
  if (size >= (isAlone ? ALONE : AMONG_OTHERS) && size <= LARGEST) {
    const kernel = askKernel();
    if (kernel !== undefined) {
      const { tile, xorAndLook } = kernel;
      put(tile, isAlone ? bytes : viewOf(bytes, start, end), 0);
      const at = isAlone ? start : 0;
      const isAscii = xorAndLook(TILE_AT + at, TILE_AT + at + size, key) === 0;
      return decodeText(tile, at, at + size, isAscii, validate);
    }
  }
  return decodeText(bytes, start, end, applyMask(bytes, start, end, key) < 0x80, validate);
}
