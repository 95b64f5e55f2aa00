import type { Clock } from '../../src/client/clock.ts';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Map<number, { at: number; run: () => void }>();
  #lastTimer = 0;

  /** How many timers wait: 0 when nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): number {
    this.#timers.set(++this.#lastTimer, { at: this.#now + delay, run });
    return this.#lastTimer;
  }

  clear(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Moves on by `duration` milliseconds and runs what falls due, in order. */
  advance(duration: number): void {
    const end = this.#now + duration;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).toSorted(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      const [timer, { at, run }] = next;
      this.#timers.delete(timer);
      this.#now = at;
      run();
    }
    this.#now = end;
  }
}
