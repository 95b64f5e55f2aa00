import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StatePart } from './state-parts.ts';

export interface StateTellerOptions {
  /** Milliseconds between one telling and the next. */
  readonly pause: number;
  /** All there is to tell. */
  readonly parts: () => Iterable<StatePart>;
  /** Tells a part, counted from 0; resolves with false if nobody was told, so that the rest would be in vain. */
  readonly announce: (part: StatePart, count: number) => Promise<boolean>;
}

/** Tells a state when it is asked for. Many who ask at the same time are told once. */
export class StateTeller {
  readonly #options: StateTellerOptions;
  #toldAt = -Infinity;
  #isTelling = false;
  /** Who asked too early is told then. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: StateTellerOptions) {
    this.#options = options;
  }

  /** Tells it, now or after the pause. */
  tell(): void {
    if (this.#isClosed) return;
    const { pause } = this.#options;
    const wait = this.#isTelling ? pause : this.#toldAt + pause - performance.now();
    if (wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.tell();
      }, wait + 1).unref();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#tellParts();
  }

  /** What was told may have been lost: the next who asks need not wait. */
  forget(): void {
    this.#toldAt = -Infinity;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** One part after the other, so that neither this process nor the backplane is busy with it for long. */
  async #tellParts(): Promise<void> {
    this.#isTelling = true;
    let count = 0;
    for (const part of this.#options.parts()) {
      if (!(await this.#options.announce(part, count++))) break;
      if (!part.isLast) await nextTurn();
      if (this.#isClosed) break;
    }
    this.#toldAt = performance.now();
    this.#isTelling = false;
  }
}
