import type { Clock } from './clock.ts';

/** How a silent line is told from a quiet one by a client that cannot see WebSocket pings, as in browsers. */
export interface HeartbeatOptions {
  /** What is sent when nothing was heard for `interval`; something must come back. */
  message: string;
  /** Milliseconds of silence before the question. Default 20,000. */
  interval?: number;
  /** Milliseconds the answer may take. Default 10,000. */
  timeout?: number;
}

/** Watches one open line: asks when it is silent, and calls `dead` once when there is no answer. */
export class LineWatch {
  readonly #ask: () => void;
  readonly #dead: () => void;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #clock: Clock;
  #heardAt: number;
  #asked = false;
  #timer: unknown;

  constructor(
    { interval = 20_000, timeout = 10_000 }: HeartbeatOptions,
    { clock, ask, dead }: { clock: Clock; ask: () => void; dead: () => void },
  ) {
    this.#interval = interval;
    this.#timeout = timeout;
    this.#clock = clock;
    this.#ask = ask;
    this.#dead = dead;
    this.#heardAt = clock.now();
    this.#wait(interval);
  }

  /** Something arrived. Cheap: the timer is left alone and looks at the time when it fires. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    if (!this.#asked) return;
    this.#asked = false;
    this.#wait(this.#interval);
  }

  /** Asks now: there is reason to doubt the line, for example after a sleep. */
  probe(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#wait(this.#timeout);
    this.#ask();
  }

  stop(): void {
    this.#clock.clear(this.#timer);
  }

  #wait(delay: number): void {
    this.#clock.clear(this.#timer);
    this.#timer = this.#clock.after(delay, () => this.#look());
  }

  #look(): void {
    if (this.#asked) return this.#dead();
    const silence = this.#clock.now() - this.#heardAt;
    if (silence < this.#interval) this.#wait(this.#interval - silence);
    else this.probe();
  }
}
