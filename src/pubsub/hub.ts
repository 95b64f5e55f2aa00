import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Live, News } from './arrivals.ts';
import type { Backplane, Payload } from './backplane.ts';
import { FanOut, type FanOutOptions } from './fan-out.ts';
import type { Appended, MessageLog } from './message-log.ts';
import { replayLog, type Replay } from './replay.ts';
import type { Subscriber } from './subscriber.ts';
import { Topic } from './topic.ts';

/** Makes what members get out of what was published; undefined: nothing. `id` is undefined for what is not in the log. */
export type Render = (
  message: Payload,
  context: { readonly channel: string; readonly id: string | undefined },
) => Payload | undefined;

/** What a hub stands on, and what it makes of messages. */
export interface HubOptions extends FanOutOptions {
  /** Carries what is published to all processes. */
  readonly backplane: Backplane;
  /** Without a log there is no history, no resuming, and a message is delivered at most once. */
  readonly log?: MessageLog;
  /** Called once per message and process. Default: the message as it was published. */
  readonly render?: Render;
  /** What members are told when messages may have been lost; `last` is the id to continue from, if there is a log. Default: nothing. */
  readonly gap?: (channel: string, last: string | undefined) => Payload | undefined;
}

/** What a member that joins is told of what was before. */
export interface JoinOptions {
  /** The last id seen: what came after it is replayed before the member is live. */
  readonly after?: string;
  /** How many of the newest entries to replay without `after`, or if the log cannot continue from there. Default 0. */
  readonly newest?: number;
  /** Takes the replay in parts, at least one. Default: every entry is sent like a live one. */
  readonly replay?: (part: Replay) => void | Promise<void>;
}

/** How a message is published. */
export interface PublishOptions {
  /** Stored once per key. */
  readonly key?: string;
  /** False: past the log, to whoever is there. Default true, if there is a log. */
  readonly store?: boolean;
}

interface Membership {
  readonly topic: Topic;
  isGone: boolean;
}

const REPLAY_PART = { limit: 100, maxBytes: 1 << 18 };

/**
 * Who hears what, in this process. Everything published goes through the backplane and the log and comes back from
 * there, also to members right here, so that all members everywhere see one order.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #fanOut: FanOut;
  readonly #topics = new Map<string, Topic>();
  readonly #memberships = new Map<Subscriber, Map<string, Membership>>();
  /** Subscribers whose 'close' is listened to. */
  readonly #watched = new WeakSet<Subscriber>();

  constructor(options: HubOptions) {
    this.#options = options;
    this.#fanOut = new FanOut((subscriber) => this.leaveAll(subscriber), options);
  }

  /** What was sent to all members of this process together since the start. */
  get sent(): { readonly messages: number; readonly bytes: number } {
    return this.#fanOut.sent;
  }

  /** Subscribers that are in a channel of this process or about to be. */
  members(channel: string): Subscriber[] {
    return [...(this.#topics.get(channel)?.everybody ?? [])];
  }

  /** The channels in which a subscriber is or is about to be. */
  channelsOf(subscriber: Subscriber): string[] {
    return [...(this.#memberships.get(subscriber)?.keys() ?? [])];
  }

  /**
   * Makes a subscriber hear a channel, after a replay if there is a log. Resolves with true when it is live, with false
   * if it has left meanwhile or was in already. Rejects if the backplane is closed.
   */
  async join(subscriber: Subscriber, channel: string, options: JoinOptions = {}): Promise<boolean> {
    const joined = this.#memberships.get(subscriber) ?? new Map<string, Membership>();
    if (joined.has(channel)) return false;
    this.#watch(subscriber);
    const topic = this.#topics.get(channel) ?? this.#createTopic(channel);
    topic.everybody.add(subscriber);
    const membership: Membership = { topic, isGone: false };
    this.#memberships.set(subscriber, joined.set(channel, membership));
    try {
      return await this.#enter(subscriber, membership, options);
    } catch (error) {
      // Who left meanwhile may be in again.
      if (!membership.isGone) this.leave(subscriber, channel);
      throw error;
    }
  }

  /** Nothing of the channel is sent to the subscriber any more. */
  leave(subscriber: Subscriber, channel: string): void {
    const joined = this.#memberships.get(subscriber);
    const membership = joined?.get(channel);
    if (!joined || !membership) return;
    joined.delete(channel);
    if (joined.size === 0) this.#memberships.delete(subscriber);
    membership.isGone = true;
    const { topic } = membership;
    topic.everybody.delete(subscriber);
    topic.members.delete(subscriber);
    topic.skipping.delete(subscriber);
    if (topic.everybody.size > 0) return;
    this.#topics.delete(channel);
    void topic.close();
  }

  /** What a subscriber does by itself when it closes, if it has `on`. */
  leaveAll(subscriber: Subscriber): void {
    this.#fanOut.forget(subscriber);
    for (const channel of this.channelsOf(subscriber)) this.leave(subscriber, channel);
  }

  /**
   * Publishes to all members in all processes. Resolves with the id when the message is stored, or with undefined when it was
   * handed to the backplane. Rejects with an `UnavailableError` if that cannot be done now.
   */
  async publish(
    channel: string,
    message: Payload,
    { key, store = true }: PublishOptions = {},
  ): Promise<Appended | undefined> {
    const { log, backplane } = this.#options;
    if (log && store) return log.append(channel, message, key === undefined ? {} : { key });
    await backplane.publish(channel, message);
    return undefined;
  }

  /** Sends to some subscribers of this process, under the same rule for slow ones. */
  send(subscribers: Iterable<Subscriber>, message: PreparedMessage): void {
    this.#fanOut.send(subscribers, message);
  }

  /** Everybody leaves; the backplane and the log stay as they are. */
  async close(): Promise<void> {
    const topics = [...this.#topics.values()];
    for (const subscriber of this.#memberships.keys()) this.leaveAll(subscriber);
    await Promise.all(topics.map((topic) => topic.close()));
  }

  async #enter(subscriber: Subscriber, membership: Membership, options: JoinOptions): Promise<boolean> {
    const { topic } = membership;
    const { log } = this.#options;
    const { after, newest = 0, replay = (part: Replay) => this.#replay(subscriber, topic.channel, part) } = options;
    if (!log) {
      await topic.start();
      if (membership.isGone) return false;
      topic.members.add(subscriber);
      return true;
    }
    const isCancelled = (): boolean => membership.isGone;
    const live = ({ news, skipUntil }: Live): void => {
      topic.members.add(subscriber);
      for (const item of news) this.#tell([subscriber], topic.channel, item);
      if (skipUntil !== undefined && !membership.isGone) topic.skipping.set(subscriber, skipUntil);
    };
    await replayLog({ log, topic, after, newest, ...REPLAY_PART, isCancelled, replay, live });
    return !membership.isGone;
  }

  #createTopic(channel: string): Topic {
    const { backplane, log } = this.#options;
    const topic = new Topic({
      channel,
      backplane,
      log,
      message: ({ members }, message) => this.#deliver(members, channel, message, undefined),
      news: (to, news) => this.#spread(to, news),
      gap: ({ members }) => this.#tellGap(members, channel, undefined),
    });
    this.#topics.set(channel, topic);
    return topic;
  }

  #spread({ channel, members, skipping, joining }: Topic, news: News): void {
    for (const arrived of joining) arrived.push(news);
    if (skipping.size === 0) return this.#tell(members, channel, news);
    if (news.data === undefined) skipping.clear();
    this.#tell(
      [...members].filter((subscriber) => !skipping.has(subscriber)),
      channel,
      news,
    );
    for (const [subscriber, until] of skipping) if (until === news.id) skipping.delete(subscriber);
  }

  #tell(subscribers: Iterable<Subscriber>, channel: string, { id, data }: News): void {
    if (data === undefined) this.#tellGap(subscribers, channel, id);
    else this.#deliver(subscribers, channel, data, id);
  }

  #deliver(subscribers: Iterable<Subscriber>, channel: string, message: Payload, id: string | undefined): void {
    const { render } = this.#options;
    const rendered = render ? render(message, { channel, id }) : message;
    if (rendered !== undefined) this.#fanOut.send(subscribers, new PreparedMessage(rendered));
  }

  #tellGap(subscribers: Iterable<Subscriber>, channel: string, last: string | undefined): void {
    const told = this.#options.gap?.(channel, last);
    if (told !== undefined) this.#fanOut.send(subscribers, new PreparedMessage(told));
  }

  #replay(subscriber: Subscriber, channel: string, { entries, recovered, last }: Replay): void {
    if (!recovered) this.#tellGap([subscriber], channel, last);
    for (const { id, data } of entries) this.#deliver([subscriber], channel, data, id);
  }

  #watch(subscriber: Subscriber): void {
    if (!subscriber.on || this.#watched.has(subscriber)) return;
    this.#watched.add(subscriber);
    subscriber.on('close', () => this.leaveAll(subscriber));
    subscriber.on('drain', () => this.#fanOut.drain(subscriber));
  }
}
