import { Buffer } from 'node:buffer';
import { UnavailableError, type Backplane, type Deliver, type Payload, type Unsubscribe } from './backplane.ts';
import { Subscriptions } from './subscriptions.ts';

/** The embedded default: everybody is in this process. Delivers in a microtask after `publish`, in the order of the calls. */
export class MemoryBackplane implements Backplane {
  readonly #subscriptions = new Subscriptions();
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
    this.#subscriptions.add(channel, subscription);
    return async () => {
      this.#subscriptions.remove(channel, subscription);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscriptions.clear();
    this.#queue = [];
  }

  #drain(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { channel, message } of queue) this.#subscriptions.deliver(channel, message);
  }
}
