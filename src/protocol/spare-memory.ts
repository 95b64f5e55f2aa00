import type { Buffer } from 'node:buffer';

/** Less is not worth it, and more is not kept. */
const LEAST = 16_384;
const MOST = 2 << 20;

/**
 * One piece of memory in which the last long text was put together before it became a string. The next one is put
 * together there again: memory that the processor knows, instead of fresh pages for each message. Whoever takes it has
 * it alone; if it is not given back, it is collected with its holder.
 */
let spare: Buffer | undefined;

/** The spare memory, if it is there and has room for a text of `size` bytes. */
export function takeSpare(size: number): Buffer | undefined {
  if (spare === undefined || size < LEAST || size > spare.length) return undefined;
  const taken = spare;
  spare = undefined;
  return taken;
}

/** Gives memory away: the larger piece is kept. What is part of larger memory is not, as others may have other parts of that. */
export function giveSpare(memory: Buffer): void {
  if (memory.length < LEAST || memory.length > MOST || memory.length < memory.buffer.byteLength) return;
  if (spare === undefined || spare.length < memory.length) spare = memory;
}
