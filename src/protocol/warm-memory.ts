/** Memory that was just allocated is warmed for copies of at least so many bytes (bench/micro/parse.js). */
export const COLD = 16_384;

/** Processors fetch memory by so many bytes, or more. */
const LINE = 64;

/**
 * Has the processor fetch `bytes[start, end)`, which is about to be written over: what is there is lost. It fetches many
 * lines at a time for writes that are far apart; a copy waits for one after another, and takes a third longer.
 */
export function warm(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at += LINE) bytes[at] = 0;
}
