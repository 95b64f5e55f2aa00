import type { LogEntry } from './message-log.ts';

/** What a follower of the log has told: an entry, or without `data` a gap after which the log stands at `id`. */
export type News = LogEntry | { readonly id: string; readonly data?: undefined };

/** How a member goes on after the last part of its replay. */
export interface Live {
  /** What came after that part and is to be told first. */
  readonly news: readonly News[];
  /** The part was newer than what the others have heard: the member skips everything up to and with this id. */
  readonly skipUntil?: string;
}

const MAX_NEWS = 1_000;

/** What arrives at a topic while a joining member reads the log: where the two meet, the member goes live. */
export class Arrivals {
  readonly #start: string | undefined;
  #news: News[] = [];
  #isCut = false;

  /** @param start where the topic stood when the member began to read */
  constructor(start: string | undefined) {
    this.#start = start;
  }

  push(news: News): void {
    this.#news.push(news);
    if (this.#news.length <= 2 * MAX_NEWS) return;
    // A member that takes its parts slowly: the log has the older ones too.
    this.#news = this.#news.slice(-MAX_NEWS);
    this.#isCut = true;
  }

  /**
   * How to go on for who has read up to `last`, the end of the log as it was after the start. Undefined if that cannot be said, because it
   * was too long ago: read once more.
   */
  after(last: string): Live | undefined {
    const seen = this.#news.findLastIndex(({ id }) => id === last);
    if (seen >= 0) return { news: this.#news.slice(seen + 1) };
    if (this.#isCut) return undefined;
    return last === this.#start ? { news: this.#news } : { news: [], skipUntil: last };
  }
}
