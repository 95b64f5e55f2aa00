import type { RedisOptions } from 'ioredis';
import {
  UnavailableError,
  type Backplane,
  type Deliver,
  type Payload,
  type SubscribeOptions,
  type Unsubscribe,
} from './backplane.ts';
import type { RedisCommands } from './redis-commands.ts';
import { encodeEnvelope, parseEnvelope } from './redis-envelope.ts';
import { Subscriptions } from './subscriptions.ts';
import { RedisSubscriber } from './redis-subscriber.ts';

export interface RedisBackplaneOptions {
  readonly target: RedisOptions;
  readonly commands: RedisCommands;
  readonly prefix: string;
}

/** Carries messages through the publish and subscribe of one Redis. */
export class RedisBackplane implements Backplane {
  readonly #commands: RedisCommands;
  readonly #prefix: string;
  readonly #subscriber: RedisSubscriber;
  readonly #subscriptions = new Subscriptions();
  #hasBeenReady = false;
  #isClosed = false;
  /** How often the line came back. */
  #reconnects = 0;

  constructor({ target, commands, prefix }: RedisBackplaneOptions) {
    this.#commands = commands;
    this.#prefix = prefix;
    this.#subscriber = new RedisSubscriber({
      target,
      onMessage: (channel, message) => this.#subscriptions.deliver(channel, parseEnvelope(message)),
      onReady: () => this.#tellGap(),
      onAway: () => {},
    });
  }

  get state(): 'ready' | 'away' {
    return !this.#isClosed && this.#subscriber.isReady && this.#commands.isReady ? 'ready' : 'away';
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  /** The name of a channel on the wire. */
  wireChannel(channel: string): string {
    return this.#prefix + channel;
  }

  async publish(channel: string, message: Payload): Promise<void> {
    if (this.#isClosed) throw new UnavailableError('the backplane is closed');
    await this.#commands.run((client) => client.publish(this.wireChannel(channel), encodeEnvelope(message)));
  }

  async subscribe(channel: string, deliver: Deliver, { gap }: SubscribeOptions = {}): Promise<Unsubscribe> {
    if (this.#isClosed) throw new UnavailableError('the backplane is closed');
    const name = this.wireChannel(channel);
    const subscription = { deliver, gap };
    this.#subscriptions.add(name, subscription);
    await this.#subscriber.add(name);
    return async () => {
      if (this.#subscriptions.remove(name, subscription)) await this.#subscriber.remove(name);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscriptions.clear();
    this.#subscriber.close();
  }

  #tellGap(): void {
    // Who subscribed before the first connection has missed what was published until now, too.
    if (this.#hasBeenReady) this.#reconnects++;
    this.#hasBeenReady = true;
    this.#subscriptions.tellGap();
  }
}
