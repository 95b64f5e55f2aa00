/** Lets so many jobs run at a time; the others wait in the order in which they came. */
export class Turnstile {
  #running = 0;
  readonly #waiting: Waiting[] = [];
  #next = 0;
  #isAdmitting = false;

  /** Jobs that run, and jobs that wait. */
  get load(): number {
    return this.#running + this.#waiting.length - this.#next;
  }

  /** Starts `job` once fewer than `limit` run. It calls `done` once. */
  enter(limit: number, job: (done: () => void) => void): void {
    this.#waiting.push({ limit, job });
    this.#admit();
  }

  readonly #leave = (): void => {
    this.#running--;
    this.#admit();
  };

  #admit(): void {
    // A job that is done at once comes back here; the loop that started it goes on.
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    try {
      for (let next = this.#waiting[this.#next]; next !== undefined; next = this.#waiting[this.#next]) {
        if (this.#running >= next.limit) break;
        this.#running++;
        this.#next++;
        next.job(this.#leave);
      }
    } finally {
      this.#isAdmitting = false;
    }
    this.#forget();
  }

  /** Moving the waiting to the front only when half of the list is past costs a constant for each. */
  #forget(): void {
    if (2 * this.#next < this.#waiting.length) return;
    this.#waiting.splice(0, this.#next);
    this.#next = 0;
  }
}

interface Waiting {
  readonly limit: number;
  readonly job: (done: () => void) => void;
}
