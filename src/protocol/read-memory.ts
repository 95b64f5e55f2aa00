import { Buffer } from 'node:buffer';
import { askKernel } from './long-mask.ts';
import { KERNEL_MEMORY, LEAST_LOOK, type MaskKernel, TILE } from './mask-kernel.ts';

/** Twice what libuv offers a read: text of 64 KiB is then less often cut, and small messages cost no more. */
export const READ_SIZE = 131_072;

/** What is read lies in the last bytes of the kernel's memory. */
export const READ_AT = KERNEL_MEMORY - READ_SIZE;

/** For more bytes than this a view does not matter, and `isAscii` is as fast (bench/whole/receive.js). */
const MOST_LOOK = 16_384;

/** After text that was not ASCII so many are not looked at: languages come in runs. */
const DOUBTS = 16;
let doubts = 0;

let look: MaskKernel['look'] | undefined;
let memory: Buffer | undefined;
/** What was read last. */
let read: Buffer | undefined;

/**
 * `READ_SIZE` bytes of the kernel's memory to read into, one socket after the other; undefined if there is no kernel, or
 * not yet. `size` is what was just read: where it was other memory, it tells how much there is to gain.
 */
export function askReadMemory(size: number): Buffer | undefined {
  if (memory !== undefined) return memory;
  const kernel = askKernel(size / TILE);
  if (kernel === undefined) return undefined;
  look = kernel.look;
  return (memory = Buffer.from(kernel.memory, READ_AT, READ_SIZE));
}

/** The first `size` bytes of that memory, into which they were just read. */
export function viewOfRead(size: number): Buffer {
  return (read = memory!.subarray(0, size));
}

/**
 * Whether `bytes[start, end)` was read there and is known to be all ASCII. To ask the kernel takes no view, as `isAscii`
 * does, and is faster than to look at some of the bytes and to count those of the string (bench/whole/receive.js).
 */
export function isAsciiRead(bytes: Buffer, start: number, end: number): boolean {
  const size = end - start;
  if (bytes !== read || size < LEAST_LOOK || size > MOST_LOOK) return false;
  if (doubts > 0) {
    doubts--;
    return false;
  }
  if (look!(READ_AT + start, READ_AT + end) === 0) return true;
  doubts = DOUBTS;
  return false;
}
