import { RedisConnection } from './redis-connection.ts';
import type { RedisOptions } from 'ioredis';

export interface RedisSubscriberOptions {
  readonly target: RedisOptions;
  /** Sharded channels, on a node of a cluster. Default false. */
  readonly isSharded?: boolean;
  readonly onMessage: (channel: string, message: Buffer) => void;
  /** All channels are subscribed again after the line was lost: something may have been missed. */
  readonly onReady: () => void;
  readonly onAway: () => void;
}

/** Channels in one SUBSCRIBE. */
const BATCH = 500;

/** The one subscribing connection to a Redis. It knows what should be subscribed, and subscribes it again. */
export class RedisSubscriber {
  readonly #connection: RedisConnection;
  readonly #isSharded: boolean;
  /** Resolves when the channel is subscribed, or when that has to wait for the line. */
  readonly #channels = new Map<string, Promise<void>>();
  readonly #onReady: () => void;
  readonly #onAway: () => void;
  #isReady = false;

  constructor({ target, isSharded = false, onMessage, onReady, onAway }: RedisSubscriberOptions) {
    this.#isSharded = isSharded;
    this.#onReady = onReady;
    this.#onAway = onAway;
    this.#connection = new RedisConnection(target, {
      onReady: () => void this.#restore(),
      onAway: () => this.#leave(),
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
    const adding = this.#channels.get(channel) ?? this.#subscribe([channel]);
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
  async #subscribe(channels: readonly string[]): Promise<void> {
    const { client, isReady } = this.#connection;
    if (!isReady) return;
    await (this.#isSharded ? client.ssubscribe(...channels) : client.subscribe(...channels)).catch(() => {});
  }

  async #restore(): Promise<void> {
    const channels = [...this.#channels.keys()];
    const { client } = this.#connection;
    for (let i = 0; i < channels.length; i += BATCH) {
      const batch = channels.slice(i, i + BATCH);
      try {
        await (this.#isSharded ? client.ssubscribe(...batch) : client.subscribe(...batch));
      } catch {
        // The line was lost again, or the server refused: begin anew with a new line.
        if (this.#connection.isReady) client.disconnect(true);
        return;
      }
    }
    this.#isReady = true;
    this.#onReady();
  }

  #leave(): void {
    if (!this.#isReady) return;
    this.#isReady = false;
    this.#onAway();
  }
}
