export interface Rate {
  /** Tokens a second. */
  readonly rate: number;
  /** Tokens that a rested bucket holds. */
  readonly burst: number;
}

/** Lets through `burst` at once and `rate` a second. The clock is monotonic, in milliseconds. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #tokens: number;
  #time: number;

  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#tokens = rate.burst;
    this.#time = now();
  }

  /** Takes a token and returns 0, or takes none and returns the milliseconds until there is one. */
  take(): number {
    const { rate, burst } = this.#rate;
    const now = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#time) * rate) / 1_000);
    this.#time = now;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) / rate) * 1_000);
    this.#tokens--;
    return 0;
  }
}
