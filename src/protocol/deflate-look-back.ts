/** Every message looks back on this many bytes at least, and on twice its own length, where the last of its kind is. */
const LEAST = 2048;
const OWN_LENGTHS = 2;

/** Looking further back is worth its time where it makes messages shorter by this factor. */
const WORTH = 1.12;

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
 * is most of it. So now and then a few messages are compressed both ways: the least distance doubles until the whole
 * window gains little over it, and after a while half of it is tried.
 */
export class LookBack {
  readonly #windowSize: number;
  #least: number;
  /** What is compared with the whole window. */
  #tried: number;
  #isTrying = true;
  /** Since the last decision. */
  #messages = 0;
  #trials = 0;
  #nearTotal = 0;
  #farTotal = 0;
  #longest = 0;

  constructor(windowSize: number) {
    this.#windowSize = windowSize;
    this.#least = this.#tried = Math.min(LEAST, windowSize);
  }

  /** How many bytes a message of that length uses. */
  of(length: number): number {
    return this.#from(this.#least, length);
  }

  /** How many bytes it uses in a trial, for comparison with all of them. */
  tried(length: number): number {
    return this.#from(this.#tried, length);
  }

  /** Counts a message of that length, and tells how many bytes are to be kept for those to come. */
  keep(length: number): number {
    this.#longest = Math.max(this.#longest, length);
    if (++this.#messages === REST) this.#try(this.#least / 2);
    return this.#isTrying ? this.#windowSize : this.of(this.#longest);
  }

  /** Whether to compress the next message, of that length, both ways, and to `compare`; `held` bytes are at hand. */
  isTrial(length: number, held: number): boolean {
    if (!this.#isTrying || this.#messages % TRIAL_EVERY !== 0 || held <= this.tried(length)) return false;
    return held >= this.#windowSize || this.#messages >= PATIENCE;
  }

  /** Takes note of the lengths that one message had in both ways. */
  compare(near: number, far: number): void {
    this.#nearTotal += near;
    this.#farTotal += far;
    if (++this.#trials < TRIALS) return;
    const isShort = this.#nearTotal > WORTH * this.#farTotal;
    if (isShort && 2 * this.#tried < this.#windowSize) {
      this.#try(2 * this.#tried);
      this.#least = Math.max(this.#least, this.#tried);
    } else {
      this.#least = isShort ? this.#windowSize : this.#tried;
      this.#isTrying = false;
      this.#messages = this.#longest = 0;
    }
  }

  #from(least: number, length: number): number {
    return Math.min(Math.max(least, OWN_LENGTHS * length), this.#windowSize);
  }

  #try(least: number): void {
    this.#tried = Math.min(Math.max(LEAST, least), this.#windowSize);
    this.#isTrying = true;
    this.#trials = this.#nearTotal = this.#farTotal = 0;
  }
}
