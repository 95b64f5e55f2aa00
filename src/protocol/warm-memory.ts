import type { Buffer } from 'node:buffer';
import { copyMasked } from './copy-masked.ts';

/** Memory that was just allocated is warmed for copies of at least so many bytes, if that pays (bench/micro/parse.js). */
export const COLD = 16_384;

/** Processors fetch memory by so many bytes, or more. */
const LINE = 64;

/**
 * Copies before it is tried out. They are warmed, as pages that are fresh from the system are written faster then on all processors;
 * what is to be found out is what pays for memory that comes around again.
 */
const BEFORE = 4096;
/** Copies that are timed: half of them are warmed. */
const TRIALS = 64;

/** Milliseconds a byte of those. */
const warmed: number[] = [];
const plain: number[] = [];
let copies = 0;

/** Whether it pays, as far as that is known. */
let pays = true;

/**
 * `copyMasked` to memory that was just allocated, which the processor does not know yet. It fetches many lines at a time for
 * writes that are far apart; a copy may wait for one after another, and take a third longer (seen on an AMD EPYC), or need not
 * fetch what it writes over, and be a fifth faster without (seen on an Intel Xeon). So both are tried, once in a process.
 */
export function copyMaskedCold(
  target: Buffer,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
  key: number,
): void {
  if (copies >= BEFORE && copies < BEFORE + TRIALS) return tryOut(target, at, source, start, end, key);
  copies++;
  if (pays) warm(target, at, at + end - start);
  copyMasked(target, at, source, start, end, key);
}

function tryOut(target: Buffer, at: number, source: Uint8Array, start: number, end: number, key: number): void {
  const isWarmed = isOdd(copies++ % TRIALS);
  const from = performance.now();
  if (isWarmed) warm(target, at, at + end - start);
  copyMasked(target, at, source, start, end, key);
  (isWarmed ? warmed : plain).push((performance.now() - from) / (end - start));
  if (copies === BEFORE + TRIALS) pays = median(warmed) < median(plain);
}

/**
 * Whether a number of less than 256 has an odd number of bits: 0, 1, 1, 0, 1, 0, 0, 1 … Messages that arrive in so many reads each keep no
 * time with that, as they would with every other copy.
 */
function isOdd(n: number): boolean {
  return ((0x6996 >> ((n ^ (n >> 4)) & 15)) & 1) === 1;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Has the processor fetch `bytes[start, end)`, which is about to be written over: what is there is lost. */
export function warm(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at += LINE) bytes[at] = 0;
}
