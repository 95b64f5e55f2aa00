import type { Arrivals, News } from './arrivals.ts';
import type { Backplane, Payload, Unsubscribe } from './backplane.ts';
import { LogFollower } from './log-follower.ts';
import type { MessageLog } from './message-log.ts';
import type { Subscriber } from './subscriber.ts';

export interface TopicOptions {
  readonly channel: string;
  readonly backplane: Backplane;
  readonly log: MessageLog | undefined;
  /** A message without an id: of a channel without a log, or published past the log. */
  readonly message: (topic: Topic, message: Payload) => void;
  readonly news: (topic: Topic, news: News) => void;
  /** Without a log: messages may have been missed. */
  readonly gap: (topic: Topic) => void;
}

/** One channel in this process: who hears it, and the subscription and the follower that they share. */
export class Topic {
  readonly channel: string;
  /** Live members and those who join: when the last one goes, the topic is given up. */
  readonly everybody = new Set<Subscriber>();
  /** Live members. */
  readonly members = new Set<Subscriber>();
  /** Live members that have read the log further than the others have heard, and the id up to which they skip. */
  readonly skipping = new Map<Subscriber, string>();
  /** For each member that reads the log to join: what arrives meanwhile. */
  readonly joining = new Set<Arrivals>();
  readonly #follower: LogFollower | undefined;
  readonly #subscription: Promise<Unsubscribe>;
  readonly #start: Promise<boolean>;

  constructor({ channel, backplane, log, message, news, gap }: TopicOptions) {
    this.channel = channel;
    if (log) {
      this.#follower = new LogFollower({
        log,
        backplane,
        stream: channel,
        entry: (entry) => news(this, entry),
        gap: (last) => news(this, { id: last }),
      });
    }
    this.#subscription = backplane.subscribe(channel, (received) => message(this, received), {
      gap: () => {
        if (!log) gap(this);
      },
    });
    this.#start = Promise.all([this.#subscription, this.#follower?.start()]).then(([, isReached = true]) => isReached);
  }

  /** Where the follower of the log stands; undefined without a log, or before it could be reached. */
  get cursor(): string | undefined {
    return this.#follower?.cursor;
  }

  /** Resolves when what is published from now on arrives: true, or false if the log cannot be reached yet. */
  async start(): Promise<boolean> {
    // What could not be reached when the first member came may have been reached since.
    return (await this.#start) || this.cursor !== undefined;
  }

  /** Resolves when the log has been reached. */
  async begun(): Promise<void> {
    await this.#follower?.begun;
  }

  async close(): Promise<void> {
    const unsubscribed = this.#subscription.then(
      (unsubscribe) => unsubscribe(),
      // What could not be subscribed needs no unsubscribing; who waited for it has been told.
      () => {},
    );
    await Promise.all([this.#follower?.close(), unsubscribed]);
  }
}
