import type { Redis, RedisOptions } from 'ioredis';
import { RedisCommands } from './redis-commands.ts';
import { RedisSubscriber } from './redis-subscriber.ts';
import type { RedisNames, RedisWire, RedisWireEvents } from './redis-wire.ts';

/** The wire to one Redis: one commanding and one subscribing connection. */
export class SingleRedis implements RedisWire {
  readonly publishCommand = 'PUBLISH';
  readonly #names: RedisNames;
  readonly #commands: RedisCommands;
  readonly #subscriber: RedisSubscriber;

  constructor(target: RedisOptions, names: RedisNames, { onMessage, onGap, onError }: RedisWireEvents) {
    this.#names = names;
    this.#commands = new RedisCommands(target, { onError });
    this.#subscriber = new RedisSubscriber({ target, onMessage, onReady: () => onGap(), onError });
  }

  get isReady(): boolean {
    return this.#subscriber.isReady && this.#commands.isReady;
  }

  get awayFor(): number {
    return this.#commands.awayFor;
  }

  wireChannel(channel: string): string {
    return this.#names.aliases.get(channel) ?? this.#names.prefix + channel;
  }

  run<Reply>(_key: string, command: (client: Redis) => Promise<Reply>): Promise<Reply> {
    return this.#commands.run(command);
  }

  ready(time: number): Promise<void> {
    return this.#commands.ready(time);
  }

  add(name: string): Promise<void> {
    return this.#subscriber.add(name);
  }

  remove(name: string): Promise<void> {
    return this.#subscriber.remove(name);
  }

  close(): void {
    this.#commands.close();
    this.#subscriber.close();
  }
}
