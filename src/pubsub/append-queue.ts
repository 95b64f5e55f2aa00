import { UnavailableError, type Payload } from './backplane.ts';
import type { Appended } from './message-log.ts';

/** An entry on its way into the log. `key` is there always: whatever is sent twice is stored once. */
export interface PendingAppend {
  readonly data: Payload;
  readonly key: string;
}

/** Stores entries in order; rejects if it is not known whether they are stored. */
export type StoreBatch = (entries: readonly PendingAppend[]) => Promise<Appended[]>;

export interface AppendQueueOptions {
  readonly store: StoreBatch;
  /** Resolves when it makes sense to try again. */
  readonly retry: () => Promise<void>;
  /** Milliseconds after which an append that is not stored is given up. */
  readonly patience: number;
  readonly isRetryable: (error: unknown) => boolean;
  /** Nothing waits any more. */
  readonly onIdle: () => void;
}

interface Waiting extends PendingAppend {
  resolve(appended: Appended): void;
  reject(error: unknown): void;
  readonly timer: NodeJS.Timeout;
  isGivenUp: boolean;
}

const MAX_BATCH = 64;
/** What may wait for one stream; more is refused at once. */
const MAX_WAITING = 10_000;

/**
 * Appends to one stream in the order of the calls: one batch is on its way at a time, and is sent again with the same
 * keys when its reply was lost, so that nothing overtakes and nothing is stored twice.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  append(entry: PendingAppend): Promise<Appended> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new UnavailableError('too many appends wait'));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        waiting.isGivenUp = true;
        reject(new UnavailableError('the log did not answer in time'));
      };
      const timer = setTimeout(giveUp, this.#options.patience);
      const waiting: Waiting = { ...entry, resolve, reject, timer, isGivenUp: false };
      this.#waiting.push(waiting);
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      await this.#storeAll(batch);
    }
    this.#isRunning = false;
    this.#options.onIdle();
  }

  async #storeAll(batch: readonly Waiting[]): Promise<void> {
    for (;;) {
      const wanted = batch.filter(({ isGivenUp }) => !isGivenUp);
      if (wanted.length === 0) return;
      try {
        const stored = await this.#options.store(wanted);
        for (const [i, { resolve, timer }] of wanted.entries()) {
          clearTimeout(timer);
          resolve(stored[i] as Appended);
        }
        return;
      } catch (error) {
        if (!this.#options.isRetryable(error)) {
          for (const { reject, timer } of wanted) {
            clearTimeout(timer);
            reject(error);
          }
          return;
        }
        await this.#options.retry();
      }
    }
  }
}
