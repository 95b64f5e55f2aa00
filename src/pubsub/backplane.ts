/** What is published: text as a string, binary as bytes. Whoever receives bytes must not change them: they are shared. */
export type Payload = string | Uint8Array;

export type Deliver = (message: Payload) => void;

/** Ends one subscription. Resolves when nothing more will be delivered; a second call does nothing. */
export type Unsubscribe = () => Promise<void>;

/** What a subscriber is told beside messages. */
export interface SubscribeOptions {
  /**
   * Called when messages may have been missed: the line to the other processes was lost and has returned. Without a
   * log this is all that can be told.
   */
  readonly gap?: () => void;
}

/**
 * Carries messages to every process that subscribed, this one included. Messages of one publisher on one channel
 * arrive in the order of the calls, and nothing is delivered before the call of `publish` has returned.
 */
export interface Backplane {
  /** `away` while the other processes cannot be reached. */
  readonly state: 'ready' | 'away';
  /** Why it is away, as a short code like `ECONNREFUSED`, if that is known. */
  readonly problem?: string | undefined;
  /** How often it has returned after it was away, if it can be away at all. */
  readonly reconnects?: number;
  /** Resolves when the message was handed over, which is no promise of delivery. Rejects with an `UnavailableError`. */
  publish(channel: string, message: Payload): Promise<void>;
  /**
   * Resolves when whatever is published from now on will be delivered. While the backplane is away it resolves too;
   * `gap` is called when it has returned.
   */
  subscribe(channel: string, deliver: Deliver, options?: SubscribeOptions): Promise<Unsubscribe>;
  /** Gives up all subscriptions. What is published afterwards is refused. */
  close(): Promise<void>;
}

/** The backplane or the log cannot be reached now, and nothing was stored as far as is known: the same call may succeed later. */
export class UnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnavailableError';
  }
}
