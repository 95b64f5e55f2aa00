import type { Payload } from './backplane.ts';
import type { Retention } from './message-log.ts';

export interface StoredEntry {
  /** Counts the entries of the whole log, so that it grows within a stream. */
  readonly n: number;
  /** Milliseconds of the log's clock. */
  readonly at: number;
  readonly data: Payload;
}

/** Keys are small, but a room that never rests must not remember an hour of them without bound. */
const MAX_KEYS = 50_000;

/** The entries and keys of one stream of a `MemoryLog`. */
export class MemoryStream {
  readonly #keys = new Map<string, { readonly n: number; readonly at: number }>();
  #entries: StoredEntry[] = [];
  #bytes = 0;
  #last = 0;
  #trimmed: number;

  /** @param trimmed what was stored under this name up to here is not known any more */
  constructor(trimmed: number) {
    this.#trimmed = trimmed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The newest entry ever stored, 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** The newest entry that is gone. Whoever has seen it has missed nothing that is not here. */
  get trimmed(): number {
    return this.#trimmed;
  }

  find(key: string): number | undefined {
    return this.#keys.get(key)?.n;
  }

  /** Returns the bytes that it takes. */
  push(entry: StoredEntry, key: string | undefined): number {
    this.#entries.push(entry);
    this.#last = entry.n;
    if (key !== undefined) this.#keys.set(key, { n: entry.n, at: entry.at });
    const size = sizeOf(entry);
    this.#bytes += size;
    return size;
  }

  after(n: number, limit: number): readonly StoredEntry[] {
    const start = this.#entries.findIndex((entry) => entry.n > n);
    return start === -1 ? [] : this.#entries.slice(start, start + limit);
  }

  newest(limit: number): readonly StoredEntry[] {
    return limit === 0 ? [] : this.#entries.slice(-limit);
  }

  /** Returns the bytes that became free. */
  trim(now: number, { maxEntries, maxAge, keyAge }: Required<Retention>): number {
    const before = this.#bytes;
    let count = Math.max(0, this.#entries.length - maxEntries);
    while (count < this.#entries.length && (this.#entries[count]?.at ?? now) < now - maxAge) count++;
    for (const entry of this.#entries.splice(0, count)) {
      this.#bytes -= sizeOf(entry);
      this.#trimmed = entry.n;
    }
    for (const [key, { at }] of this.#keys) {
      if (at >= now - keyAge && this.#keys.size <= MAX_KEYS) break;
      this.#keys.delete(key);
    }
    return before - this.#bytes;
  }
}

/** Two bytes a character is what V8 needs at most. */
const sizeOf = ({ data }: StoredEntry): number => (typeof data === 'string' ? 2 * data.length : data.byteLength);
