import type { Deliver, Payload } from './backplane.ts';

export interface Subscription {
  readonly deliver: Deliver;
  readonly gap?: (() => void) | undefined;
}

/** Who in this process hears which channel: what all backplanes keep. */
export class Subscriptions {
  readonly #channels = new Map<string, Set<Subscription>>();

  /** True for the first of its channel. */
  add(channel: string, subscription: Subscription): boolean {
    const known = this.#channels.get(channel);
    if (known) known.add(subscription);
    else this.#channels.set(channel, new Set([subscription]));
    return !known;
  }

  /** True if it was the last of its channel. */
  remove(channel: string, subscription: Subscription): boolean {
    const known = this.#channels.get(channel);
    if (!known?.delete(subscription) || known.size > 0) return false;
    return this.#channels.delete(channel);
  }

  deliver(channel: string, message: Payload): void {
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

  /** Default: all channels. */
  tellGap(channels: Iterable<string> = [...this.#channels.keys()]): void {
    for (const channel of channels) for (const { gap } of this.#channels.get(channel) ?? []) gap?.();
  }

  channels(): IterableIterator<string> {
    return this.#channels.keys();
  }

  clear(): void {
    this.#channels.clear();
  }
}
