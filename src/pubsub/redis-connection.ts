import { Redis, type RedisOptions } from 'ioredis';

export interface RedisConnectionEvents {
  /** Commands are answered again, or for the first time. */
  readonly onReady: () => void;
  /** They are not any more. */
  readonly onAway: () => void;
  /** Why there is no connection; told at each attempt. */
  readonly onError: (error: Error) => void;
}

/** Milliseconds between pings, and for which one may stay unanswered before the line is given up. */
const PING_INTERVAL = 2_000;
const PING_TIMEOUT = 4_000;
/** Milliseconds for connecting, the greeting included. */
const CONNECT_TIMEOUT = 5_000;

/**
 * One connection to a Redis that is made again whenever it is lost. A command either gets its reply or is rejected when
 * the line is: nothing is queued and nothing is sent again here, since only the caller knows what may be done twice.
 * A line that is silent without being closed is found by a ping with a deadline; TCP would need minutes.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly #watch: NodeJS.Timeout;
  /** Since when the status is what it is, and the ping has been waiting. */
  #since = performance.now();
  #pinged: number | undefined;
  #isReady = false;
  #isClosed = false;

  constructor(target: RedisOptions, { onReady, onAway, onError }: RedisConnectionEvents) {
    this.client = new Redis({
      ...target,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT,
      retryStrategy: (times) => Math.min(1_000, 50 * 2 ** Math.min(times, 6)) * (0.5 + Math.random() / 2),
      // How long a closing stream may take.
      disconnectTimeout: 100,
      replyMapping: 'legacy',
    });
    this.client.on('ready', () => {
      this.#since = performance.now();
      this.#pinged = undefined;
      this.#isReady = true;
      onReady();
    });
    this.client.on('connecting', () => {
      this.#since = performance.now();
    });
    this.client.on('close', () => {
      if (!this.#isReady) return;
      this.#isReady = false;
      onAway();
    });
    this.client.on('error', onError);
    this.#watch = setInterval(() => this.#check(), PING_INTERVAL / 2).unref();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watch);
    this.client.disconnect();
  }

  #check(): void {
    const now = performance.now();
    if (!this.#isReady) {
      const { status } = this.client;
      const isStuck = (status === 'connect' || status === 'connecting') && now - this.#since > CONNECT_TIMEOUT;
      if (isStuck) this.#giveUp(now);
    } else if (this.#pinged === undefined) {
      if (now - this.#since >= PING_INTERVAL) this.#ping(now);
    } else if (now - this.#pinged > PING_TIMEOUT) {
      this.#giveUp(now);
    }
  }

  #ping(now: number): void {
    this.#pinged = now;
    this.client.ping().then(
      () => {
        this.#pinged = undefined;
        this.#since = performance.now();
      },
      () => {},
    );
  }

  #giveUp(now: number): void {
    this.#since = now;
    this.#pinged = undefined;
    if (!this.#isClosed) this.client.disconnect(true);
  }
}
