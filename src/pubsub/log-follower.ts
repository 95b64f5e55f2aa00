import type { Backplane, Payload, Unsubscribe } from './backplane.ts';
import { bellChannel, parseBell } from './bell.ts';
import type { LogEntry, LogPage, MessageLog } from './message-log.ts';

export interface FollowerOptions {
  readonly log: Pick<MessageLog, 'read'>;
  readonly backplane: Pick<Backplane, 'subscribe'>;
  readonly stream: string;
  /** Every entry that is stored after `start`, in the log's order, once. */
  readonly entry: (entry: LogEntry) => void;
  /** The log lost something: what came before the next entry may be incomplete. `last` is where it stands now. */
  readonly gap: (last: string) => void;
  /** Milliseconds between attempts to read a log that cannot be reached. Default 500. */
  readonly retry?: number;
}

const PAGE = 100;
/** Entries remembered by id, to tell a late bell from news and what is new after a gap from what is not. */
const REMEMBERED = 512;

/**
 * Follows one stream of a log: delivers what the bell brings if it continues where we stand, and reads the log if
 * it does not, if a bell may have been missed, or if nothing could be read before.
 */
export class LogFollower {
  readonly #options: FollowerOptions;
  readonly #delivered = new Set<string>();
  #cursor: string | undefined;
  #unsubscribe: Unsubscribe | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #began: (() => void) | undefined;
  /** Resolves when the log has been reached for the first time: from then on nothing is missed. */
  readonly begun = new Promise<void>((resolve) => {
    this.#began = resolve;
  });

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** The id of the last entry delivered, or where the log stood at the start; undefined until `begun`. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Resolves when the log was asked for the first time: true if it could be reached, else `begun` tells when. */
  async start(): Promise<boolean> {
    const { backplane, stream } = this.#options;
    const unsubscribe = await backplane.subscribe(bellChannel(stream), (message) => this.#ring(message), {
      gap: () => this.#catchUp(),
    });
    if (this.#isClosed) {
      await unsubscribe();
      return false;
    }
    this.#unsubscribe = unsubscribe;
    await this.#catchUp();
    return this.#cursor !== undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#unsubscribe?.();
  }

  #ring(message: Payload): void {
    const bell = parseBell(message);
    if (!bell || this.#isClosed) return;
    if (bell.id === this.#cursor || this.#delivered.has(bell.id)) return;
    if (this.#reading === undefined && bell.previous === this.#cursor) this.#deliver(bell);
    else this.#catchUp();
  }

  /** Reads the log to its end; asked for again while it reads, it reads once more. */
  #catchUp(): Promise<void> {
    this.#isStale = true;
    clearTimeout(this.#timer);
    this.#reading ??= this.#readAll();
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#isStale && !this.#isClosed) await this.#readPage();
    } finally {
      // In the same turn as the last look at whether it is stale: who asks a moment later starts it again.
      this.#reading = undefined;
    }
  }

  async #readPage(): Promise<void> {
    const { log, stream, retry = 500 } = this.#options;
    this.#isStale = false;
    const after = this.#cursor;
    let page: LogPage;
    try {
      page = await log.read(stream, after === undefined ? { limit: 0 } : { after, limit: PAGE, witness: after });
    } catch {
      // Away: a bell or the backplane's return may call sooner than the timer.
      if (!this.#isStale) this.#timer = setTimeout(() => void this.#catchUp(), retry);
      return;
    }
    if (this.#isClosed) return;
    this.#accept(page);
    if (page.more) this.#isStale = true;
  }

  #accept(page: LogPage): void {
    const isFirst = this.#cursor === undefined;
    // Set before the entries are told, so that whoever asks meanwhile does not stand before a gap that was reported.
    this.#cursor = page.last;
    if (!page.recovered) this.#options.gap(page.last);
    for (const entry of page.entries) if (!this.#delivered.has(entry.id)) this.#deliver(entry);
    this.#cursor = page.last;
    if (isFirst) this.#began?.();
  }

  #deliver({ id, data }: LogEntry): void {
    this.#cursor = id;
    this.#delivered.add(id);
    if (this.#delivered.size > REMEMBERED) {
      for (const oldest of this.#delivered) {
        this.#delivered.delete(oldest);
        break;
      }
    }
    this.#options.entry({ id, data });
  }
}
