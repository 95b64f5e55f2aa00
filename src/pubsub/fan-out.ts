import { CloseCode } from '../protocol/close.ts';
import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { SlowPolicy, Subscriber } from './subscriber.ts';

/** The rule for members that read too slowly. */
export interface FanOutOptions {
  /** What to do with a member that reads too slowly. Default 'close'. */
  readonly slow?: SlowPolicy;
  /** Bytes that may wait for one member. Default 1 MiB. */
  readonly limit?: number;
  /** A member has passed the limit; called for every message that finds it there. */
  readonly onSlow?: (subscriber: Subscriber, outcome: 'dropped' | 'closed') => void;
}

/** Messages that wait on our side of a slow member, under 'drop-old'. */
interface Backlog {
  readonly messages: PreparedMessage[];
  bytes: number;
}

/** Sends one message to many, and sees to it that a slow one costs no more than its limit and delays nobody. */
export class FanOut {
  readonly #slow: SlowPolicy;
  readonly #limit: number;
  readonly #onSlow: (subscriber: Subscriber, outcome: 'dropped' | 'closed') => void;
  readonly #backlogs = new Map<Subscriber, Backlog>();
  /** Who was closed here, but is still in somebody's list. */
  readonly #closed = new WeakSet<Subscriber>();
  /** Called for who was closed or failed, so that nothing more is sent there. */
  readonly #remove: (subscriber: Subscriber) => void;

  #messages = 0;
  #bytes = 0;

  constructor(remove: (subscriber: Subscriber) => void, { slow = 'close', limit = 1 << 20, onSlow }: FanOutOptions) {
    if (!(limit > 0)) throw new RangeError(`limit must be a positive number of bytes, got ${limit}`);
    this.#remove = remove;
    this.#slow = slow;
    this.#limit = limit;
    this.#onSlow = onSlow ?? (() => {});
  }

  /** What was sent to all members together since the start. */
  get sent(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  /** Sends to all of them. */
  send(subscribers: Iterable<Subscriber>, message: PreparedMessage): void {
    for (const subscriber of subscribers) this.sendTo(subscriber, message);
  }

  /** Sends to one, or does with the message what becomes of it where too much waits. */
  sendTo(subscriber: Subscriber, message: PreparedMessage): void {
    if (this.#backlogs.size > 0 && this.#backlogs.has(subscriber)) {
      this.#postpone(subscriber, message);
      this.drain(subscriber);
    } else if (subscriber.bufferedAmount + message.data.length > this.#limit && subscriber.bufferedAmount > 0) {
      this.#handleSlow(subscriber, message);
    } else {
      this.#write(subscriber, message);
    }
  }

  /** The subscriber has room again: sends what waited for it, as far as it goes. */
  drain(subscriber: Subscriber): void {
    const backlog = this.#backlogs.get(subscriber);
    if (!backlog) return;
    let sent = 0;
    for (const message of backlog.messages) {
      if (subscriber.bufferedAmount > 0 && subscriber.bufferedAmount + message.data.length > this.#limit) break;
      backlog.bytes -= message.data.length;
      sent++;
      this.#write(subscriber, message);
      // It failed, and is gone.
      if (!this.#backlogs.has(subscriber)) return;
    }
    backlog.messages.splice(0, sent);
    if (backlog.messages.length === 0) this.#backlogs.delete(subscriber);
  }

  /** Drops what waits for a subscriber that is gone. */
  forget(subscriber: Subscriber): void {
    this.#backlogs.delete(subscriber);
  }

  #handleSlow(subscriber: Subscriber, message: PreparedMessage): void {
    if (this.#closed.has(subscriber)) return;
    if (this.#slow === 'drop-old') return this.#postpone(subscriber, message);
    const verdict = typeof this.#slow === 'function' ? this.#slow(subscriber, message) : this.#slow;
    if (verdict === 'send') return this.#write(subscriber, message);
    const isClosed = verdict === 'close';
    if (isClosed) {
      this.#closed.add(subscriber);
      this.#remove(subscriber);
      subscriber.close(CloseCode.TryAgainLater, 'too slow a reader');
    }
    this.#onSlow(subscriber, isClosed ? 'closed' : 'dropped');
  }

  #postpone(subscriber: Subscriber, message: PreparedMessage): void {
    const backlog = this.#backlogs.get(subscriber) ?? { messages: [], bytes: 0 };
    this.#backlogs.set(subscriber, backlog);
    backlog.messages.push(message);
    backlog.bytes += message.data.length;
    while (backlog.bytes > this.#limit && backlog.messages.length > 1) {
      backlog.bytes -= backlog.messages.shift()?.data.length ?? 0;
      this.#onSlow(subscriber, 'dropped');
    }
  }

  #write(subscriber: Subscriber, message: PreparedMessage): void {
    try {
      subscriber.send(message);
      if (subscriber.isRelay) return;
      this.#messages++;
      this.#bytes += message.data.length;
    } catch {
      // Its own fault, and none of the others': it may not even be open any more.
      this.#remove(subscriber);
      subscriber.close(CloseCode.InternalError, 'send failed');
    }
  }
}
