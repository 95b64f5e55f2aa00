import { ChatError } from './chat-error.ts';
import { LIMITS } from './limits.ts';
import { TokenBucket } from './token-bucket.ts';

/** What one connection may send. */
export class RateLimit {
  readonly #messages: TokenBucket;
  readonly #joins: TokenBucket;
  #refusals = 0;

  constructor(now?: () => number) {
    this.#messages = new TokenBucket(LIMITS.messages, now);
    this.#joins = new TokenBucket(LIMITS.joins, now);
  }

  /** True if the client went on regardless of refusals for so long that it does not deserve another answer. */
  get isExhausted(): boolean {
    return this.#refusals >= LIMITS.refusals;
  }

  /** Counts a message of any type. Throws `rate-limited`. */
  countMessage(): void {
    this.#count(this.#messages, 'too many messages');
  }

  /** Counts a join, which has been counted as a message. Throws `rate-limited`. */
  countJoin(): void {
    this.#count(this.#joins, 'too many joins');
  }

  /** Nothing was wrong with the message. */
  accept(): void {
    this.#refusals = 0;
  }

  #count(bucket: TokenBucket, complaint: string): void {
    const wait = bucket.take();
    if (wait === 0) return;
    this.#refusals++;
    throw new ChatError('rate-limited', complaint, wait);
  }
}
