/** What waiting needs. Node and browsers have it; tests pass in their own. Durations are milliseconds. */
export interface Clock {
  /** Monotonic. */
  now(): number;
  /** Calls `run` once after `delay`; the answer is for `clear`. */
  after(delay: number, run: () => void): unknown;
  clear(timer: unknown): void;
}

/** The clock of the platform: not moved by changes of the time of day. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delay, run) => setTimeout(run, delay),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
