import {
  UnavailableError,
  type Backplane,
  type Deliver,
  type Payload,
  type SubscribeOptions,
  type Unsubscribe,
} from './backplane.ts';
import { encodeEnvelope, parseEnvelope } from './redis-envelope.ts';
import { toRedisProblem, type RedisProblem } from './redis-problem.ts';
import type { RedisWire, RedisWireEvents } from './redis-wire.ts';
import { Subscriptions } from './subscriptions.ts';

/** Carries messages through the publish and subscribe of Redis. */
export class RedisBackplane implements Backplane {
  readonly #wire: RedisWire;
  readonly #subscriptions = new Subscriptions();
  #hasBeenReady = false;
  #isClosed = false;
  #reconnects = 0;
  #problem: string | undefined;
  /** The codes that were told since it was ready. */
  readonly #told = new Set<string>();
  readonly #onProblem: ((problem: RedisProblem) => void) | undefined;

  /**
   * @param connect makes the wire that this backplane listens to
   * @param onProblem told why Redis is away, each reason once until it is back
   */
  constructor(connect: (events: RedisWireEvents) => RedisWire, onProblem?: (problem: RedisProblem) => void) {
    this.#onProblem = onProblem;
    this.#wire = connect({
      onMessage: (name, message) => this.#subscriptions.deliver(name, parseEnvelope(message)),
      onGap: (names) => this.#tellGap(names),
      onError: (error) => this.#tellProblem(error),
    });
  }

  get state(): 'ready' | 'away' {
    return !this.#isClosed && this.#wire.isReady ? 'ready' : 'away';
  }

  get problem(): string | undefined {
    return this.state === 'away' ? this.#problem : undefined;
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  /** What a log on the same Redis uses. */
  get wire(): RedisWire {
    return this.#wire;
  }

  async publish(channel: string, message: Payload): Promise<void> {
    if (this.#isClosed) throw new UnavailableError('the backplane is closed');
    const name = this.#wire.wireChannel(channel);
    const envelope = encodeEnvelope(message);
    await this.#wire.run(name, (client) => client.call(this.#wire.publishCommand, name, envelope));
  }

  async subscribe(channel: string, deliver: Deliver, { gap }: SubscribeOptions = {}): Promise<Unsubscribe> {
    if (this.#isClosed) throw new UnavailableError('the backplane is closed');
    const name = this.#wire.wireChannel(channel);
    const subscription = { deliver, gap };
    this.#subscriptions.add(name, subscription);
    await this.#wire.add(name);
    return async () => {
      if (this.#subscriptions.remove(name, subscription)) await this.#wire.remove(name);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscriptions.clear();
    this.#wire.close();
  }

  #tellProblem(error: Error): void {
    if (this.#isClosed) return;
    const problem = toRedisProblem(error);
    this.#problem = problem.code;
    // Two connections try again and again, and one refusal can have two reasons in turn.
    if (this.#told.has(problem.code)) return;
    this.#told.add(problem.code);
    this.#onProblem?.(problem);
  }

  #tellGap(names: readonly string[] | undefined): void {
    this.#problem = undefined;
    this.#told.clear();
    // Who subscribed before the first connection has missed what was published until now, too.
    if (this.#hasBeenReady) this.#reconnects++;
    this.#hasBeenReady = true;
    this.#subscriptions.tellGap(names);
  }
}
