import { ReplyError, type RedisOptions } from 'ioredis';
import { RedisConnection } from './redis-connection.ts';

export interface RedisSubscriberOptions {
  readonly target: RedisOptions;
  /** Sharded channels, on a node of a cluster. Default false. */
  readonly isSharded?: boolean;
  readonly onMessage: (channel: string, message: Buffer) => void;
  /** All channels are subscribed again after the line was lost: something may have been missed. */
  readonly onReady: () => void;
  /** The node does not have the slot of a channel. */
  readonly onRefused?: () => void;
  /** Why there is no connection; told at each attempt. */
  readonly onError: (error: Error) => void;
}

/** The one subscribing connection to a Redis. It knows what should be subscribed, and subscribes it again. */
export class RedisSubscriber {
  readonly #connection: RedisConnection;
  readonly #isSharded: boolean;
  /** Resolves when the channel is subscribed, or when that has to wait for the line. */
  readonly #channels = new Map<string, Promise<void>>();
  readonly #onReady: () => void;
  readonly #onRefused: (() => void) | undefined;
  #isReady = false;

  constructor({ target, isSharded = false, onMessage, onReady, onRefused, onError }: RedisSubscriberOptions) {
    this.#isSharded = isSharded;
    this.#onReady = onReady;
    this.#onRefused = onRefused;
    this.#connection = new RedisConnection(target, {
      onReady: () => void this.#restore(),
      onAway: () => {
        this.#isReady = false;
      },
      onError,
    });
    this.#connection.client.on(isSharded ? 'smessageBuffer' : 'messageBuffer', (channel, message) =>
      onMessage(String(channel), message as Buffer),
    );
  }

  /** The line is up and everything is subscribed. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves when the channel is subscribed or, while the line is lost, at once. */
  async add(channel: string): Promise<void> {
    const adding = this.#channels.get(channel) ?? this.#subscribe(channel);
    this.#channels.set(channel, adding);
    await adding;
  }

  async remove(channel: string): Promise<void> {
    if (!this.#channels.delete(channel) || !this.#connection.isReady) return;
    const { client } = this.#connection;
    await (this.#isSharded ? client.sunsubscribe(channel) : client.unsubscribe(channel)).catch(() => {});
  }

  close(): void {
    this.#channels.clear();
    this.#connection.close();
  }

  /** A line that is lost meanwhile is no failure: everything is subscribed when it is back. */
  async #subscribe(channel: string): Promise<void> {
    const { client, isReady } = this.#connection;
    if (!isReady) return;
    try {
      await (this.#isSharded ? client.ssubscribe(channel) : client.subscribe(channel));
    } catch (error) {
      if (error instanceof ReplyError) this.#onRefused?.();
    }
  }

  async #restore(): Promise<void> {
    const channels = [...this.#channels.keys()];
    // Written in one go; sharded channels of different slots cannot be in one command.
    await Promise.all(channels.map((channel) => this.#subscribe(channel)));
    if (!this.#connection.isReady) return;
    this.#isReady = true;
    this.#onReady();
  }
}
