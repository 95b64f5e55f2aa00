import { Buffer } from 'node:buffer';
import { UnavailableError, type Backplane, type Deliver, type Payload, type Unsubscribe } from './backplane.ts';

/** The embedded default: everybody is in this process. Delivers in a microtask after `publish`, in the order of the calls. */
export class MemoryBackplane implements Backplane {
  readonly #channels = new Map<string, Set<{ readonly deliver: Deliver }>>();
  #queue: { readonly channel: string; readonly message: Payload }[] = [];
  #isClosed = false;

  get state(): 'ready' | 'away' {
    return this.#isClosed ? 'away' : 'ready';
  }

  async publish(channel: string, message: Payload): Promise<void> {
    if (this.#isClosed) throw new UnavailableError('the backplane is closed');
    // A copy of bytes: their owner may use the memory again before they are delivered.
    this.#queue.push({ channel, message: typeof message === 'string' ? message : Buffer.from(message) });
    if (this.#queue.length === 1) queueMicrotask(() => this.#drain());
  }

  async subscribe(channel: string, deliver: Deliver): Promise<Unsubscribe> {
    if (this.#isClosed) throw new UnavailableError('the backplane is closed');
    const subscription = { deliver };
    const subscriptions = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscriptions.add(subscription));
    return async () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0 && this.#channels.get(channel) === subscriptions) this.#channels.delete(channel);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#channels.clear();
    this.#queue = [];
  }

  #drain(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { channel, message } of queue) {
      for (const { deliver } of this.#channels.get(channel) ?? []) {
        try {
          deliver(message);
        } catch (error) {
          // The fault of one subscriber is reported as an uncaught exception, but the others still get the message.
          setImmediate(() => {
            throw error;
          });
        }
      }
    }
  }
}
