import type { Slab } from './slab.ts';

/** The slabs of one size that lie free. One of them keeps views: it is lent before all others. */
export class FreeSlabs {
  readonly #others: Slab[] = [];
  readonly #most: number;
  /** The one that keeps views; when it was lost, the next that comes back is. */
  #first: Slab | undefined;

  /** `most` of them are kept, beside the first. */
  constructor(most: number) {
    this.#most = most;
  }

  takeBack(slab: Slab): void {
    if (slab === this.#first) slab.isFree = true;
    else if (this.#first === undefined) this.#keepFirst(slab);
    else if (this.#others.length < this.#most) this.#others.push(slab);
  }

  #keepFirst(slab: Slab): void {
    this.#first = slab;
    slab.keepViews();
    slab.isFree = true;
  }

  protected takeFree(): Slab | undefined {
    const first = this.#first;
    if (first === undefined || !first.isFree) return this.#others.pop();
    first.isFree = false;
    return first;
  }

  /** It will not come back. */
  protected lose(slab: Slab): void {
    if (slab === this.#first) this.#first = undefined;
  }
}
