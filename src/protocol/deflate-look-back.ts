/** A message looks back on this many bytes at least; a long one on four times its own length. */
const NEAR = 4096;
const NEAR_FACTOR = 4;

/** Looking far is worth its time where looking near makes messages this much longer. */
const WORTH = 1.15;

/** How many messages are compared, and every which. */
const TRIALS = 4;
const TRIAL_EVERY = 4;

/** How many messages to wait for the window to be full before comparing, and how many to go on before comparing anew. */
const PATIENCE = 128;
const REST = 512;

/**
 * How far back the messages of a connection look for what they repeat.
 *
 * zlib reads the dictionary again for every message: 32 KiB of it make a message of 1 KiB three times as expensive, and
 * in most traffic a few per cent shorter; but where many things report in turn, what a message repeats lies far back, and
 * is most of it. So now and then a few messages are compressed both ways, and decide for those that follow.
 */
export class LookBack {
  readonly #windowSize: number;
  #isFar = false;
  #isTrying = true;
  /** Since the last decision. */
  #messages = 0;
  #trials = 0;
  #nearTotal = 0;
  #farTotal = 0;
  #longestNear = 0;

  constructor(windowSize: number) {
    this.#windowSize = windowSize;
  }

  /** How many bytes a message of that length uses. */
  of(length: number): number {
    return this.#isFar ? this.#windowSize : this.near(length);
  }

  /** How many bytes it uses if it looks near. */
  near(length: number): number {
    return Math.min(Math.max(NEAR, NEAR_FACTOR * length), this.#windowSize);
  }

  /** Counts a message of that length, and tells how many bytes are to be kept for those to come. */
  keep(length: number): number {
    this.#longestNear = Math.max(this.#longestNear, this.near(length));
    if (++this.#messages === REST) this.#isTrying = true;
    return this.#isFar || this.#isTrying ? this.#windowSize : this.#longestNear;
  }

  /** Whether to compress the next message, of that length, both ways, and to `compare`; `held` bytes are at hand. */
  isTrial(length: number, held: number): boolean {
    if (!this.#isTrying || this.#messages % TRIAL_EVERY !== 0 || held <= this.near(length)) return false;
    return held >= this.#windowSize || this.#messages >= PATIENCE;
  }

  /** Takes note of the lengths that one message had in both ways. */
  compare(near: number, far: number): void {
    this.#nearTotal += near;
    this.#farTotal += far;
    if (++this.#trials < TRIALS) return;
    this.#isFar = this.#nearTotal > WORTH * this.#farTotal;
    this.#isTrying = false;
    this.#messages = this.#trials = this.#nearTotal = this.#farTotal = this.#longestNear = 0;
  }
}
