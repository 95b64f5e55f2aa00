/** Memory that was just allocated is warmed for what writes at least so many bytes, if that pays (bench/micro/parse.js). */
export const COLD = 16_384;

/** Processors fetch memory by so many bytes, or more. */
const LINE = 64;

/**
 * Writes before it is tried out. They are warmed, as pages that are fresh from the system are written faster then on all processors;
 * what is to be found out is what pays for memory that comes around again.
 */
const BEFORE = 4096;
/** Writes that are timed: half of them are warmed. */
const TRIALS = 64;

/** Milliseconds a byte of those. */
const warmed: number[] = [];
const plain: number[] = [];
let writes = 0;

/** Whether it pays, as far as that is known. */
let pays = true;

/**
 * Calls `write`, which writes all of `bytes[start, end)`: memory that was just allocated, and that the processor does not know yet. It
 * fetches many lines at a time for writes that are far apart; a copy may wait for one after another, and take a third longer
 * (seen on an AMD EPYC), or need not fetch what it writes over, and be a fifth faster without (seen on an Intel Xeon). So both are
 * tried, once in a process.
 */
export function writeCold(bytes: Uint8Array, start: number, end: number, write: () => void): void {
  const trial = writes++ - BEFORE;
  const isTrial = trial >= 0 && trial < TRIALS;
  const isWarmed = isTrial ? isOdd(trial) : pays;
  const from = isTrial ? performance.now() : 0;
  if (isWarmed) warm(bytes, start, end);
  write();
  if (!isTrial) return;
  (isWarmed ? warmed : plain).push((performance.now() - from) / (end - start));
  if (trial === TRIALS - 1) pays = median(warmed) < median(plain);
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
