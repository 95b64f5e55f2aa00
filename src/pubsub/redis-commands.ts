import { ReplyError, type Redis, type RedisOptions } from 'ioredis';
import { UnavailableError } from './backplane.ts';
import { RedisConnection } from './redis-connection.ts';

/** Errors of a Redis that may answer the same command later: starting, failing over, full, or not allowed to write now. */
const TRANSIENT = /^(LOADING|READONLY|MASTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM|BUSY|UNBLOCKED)\b/;

/** What a node of a cluster answers about a slot that it does not have, or not alone. */
const MOVED = /^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b/;

export interface RedisCommandsEvents {
  readonly onReady?: () => void;
  readonly onAway?: () => void;
  /** The node does not have the slot. */
  readonly onMoved?: () => void;
  readonly onError: (error: Error) => void;
}

/** The one commanding connection to a Redis. */
export class RedisCommands {
  readonly #connection: RedisConnection;
  readonly #onMoved: (() => void) | undefined;
  #waiting: (() => void)[] = [];
  #awaySince = performance.now();

  constructor(target: RedisOptions, { onReady, onAway, onMoved, onError }: RedisCommandsEvents) {
    this.#onMoved = onMoved;
    this.#connection = new RedisConnection(target, {
      onReady: () => {
        this.#wake();
        onReady?.();
      },
      onAway: () => {
        this.#awaySince = performance.now();
        onAway?.();
      },
      onError,
    });
  }

  get isReady(): boolean {
    return this.#connection.isReady;
  }

  /** Milliseconds for which there has been no connection; 0 while there is one. */
  get awayFor(): number {
    return this.isReady ? 0 : performance.now() - this.#awaySince;
  }

  /**
   * Runs a command. Rejects with an `UnavailableError` at once while there is no connection, or when it is lost before
   * the reply, which tells nothing of whether the command was executed.
   */
  async run<Reply>(command: (client: Redis) => Promise<Reply>): Promise<Reply> {
    if (!this.#connection.isReady) throw new UnavailableError('Redis cannot be reached');
    try {
      return await command(this.#connection.client);
    } catch (error) {
      if (error instanceof ReplyError) {
        const { message } = error as Error;
        const isMoved = MOVED.test(message);
        if (isMoved) this.#onMoved?.();
        else if (!TRANSIENT.test(message)) throw error;
      }
      throw new UnavailableError('Redis did not answer', { cause: error });
    }
  }

  /** Resolves when there is a connection, or after so many milliseconds. */
  async ready(time: number): Promise<void> {
    if (this.isReady) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, time);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  close(): void {
    this.#connection.close();
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
