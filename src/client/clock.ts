/** What waiting needs. Node and browsers have it; tests pass in their own. Durations are milliseconds. */
export interface Clock {
  /** Monotonic. */
  now(): number;
  /** Calls `run` once after `delay`; the answer is for `clear`. */
  after(delay: number, run: () => void): unknown;
  clear(timer: unknown): void;
}

/** A timer of the platform that is set for longer fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The clock of the platform: not moved by changes of the time of day. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delay, run) => setTimeout(run, Math.min(delay, LONGEST_TIMER)),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
