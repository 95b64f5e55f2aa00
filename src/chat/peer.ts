/** A state that is coming in parts. */
interface Incoming {
  next: number;
  /** When the last part came. */
  at: number;
  /** Who is there, as far as was told. */
  readonly told: Set<string>;
}

/** No change has this number: whatever is announced next shows the hole. */
const UNKNOWN = -2;

/** What is known of another process's announcements: whether any was lost, and who was in its state so far. */
export class Peer {
  /** When there was the last sign of life. */
  heard: number;
  #count = UNKNOWN;
  #incoming: Incoming | undefined;

  constructor(now: number) {
    this.heard = now;
  }

  /** Somebody came or left; `key` is who and where. False if an announcement before this one was lost. */
  change(count: number, key: string, isThere: boolean): boolean {
    if (isThere) this.#incoming?.told.add(key);
    else this.#incoming?.told.delete(key);
    if (count !== this.#count + 1) return this.#lose();
    this.#count = count;
    return true;
  }

  /** A sign of life. False if an announcement was lost, or a state has stopped coming for so many milliseconds. */
  alive(count: number, now: number, patience: number): boolean {
    const isStalled = this.#incoming !== undefined && now - this.#incoming.at > patience;
    return (count === this.#count && !isStalled) || this.#lose();
  }

  /**
   * The n-th part of a state, from 0. False if one before it was lost; else all who were told since the first part.
   */
  state(count: number, part: number, keys: readonly string[], now: number): ReadonlySet<string> | false {
    if (part === 0) {
      this.#count = count;
      this.#incoming = { next: 0, at: now, told: new Set() };
    }
    const incoming = this.#incoming;
    if (!incoming || incoming.next !== part || count !== this.#count) return this.#lose();
    incoming.next++;
    incoming.at = now;
    for (const key of keys) incoming.told.add(key);
    return incoming.told;
  }

  /** The last part has come: what is not in it is not there. */
  complete(): void {
    this.#incoming = undefined;
  }

  #lose(): false {
    this.#count = UNKNOWN;
    this.#incoming = undefined;
    return false;
  }
}
