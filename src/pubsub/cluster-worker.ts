import {
  UnavailableError,
  type Backplane,
  type Deliver,
  type Payload,
  type SubscribeOptions,
  type Unsubscribe,
} from './backplane.ts';
import { isOurs, type IpcEnd, type PrimaryMessage, type Request, type Result } from './cluster-protocol.ts';
import type { Appended, AppendOptions, LogPage, MessageLog, ReadOptions } from './message-log.ts';
import { Subscriptions } from './subscriptions.ts';

interface Pending {
  resolve(result: Result): void;
  reject(error: Error): void;
}

/** The backplane and the log of a worker: those of the primary, asked for over the channel between processes. */
export class ClusterWorker {
  /** Publishes and subscribes through the primary. */
  readonly backplane: Backplane;
  /** Stores and reads through the primary. */
  readonly log: MessageLog;
  readonly #primary: IpcEnd;
  readonly #pending = new Map<number, Pending>();
  readonly #subscriptions = new Subscriptions();
  /** Answers to the requests to subscribe. */
  readonly #subscribed = new Map<string, Promise<unknown>>();
  readonly #listener = (message: unknown): void => {
    if (isOurs<PrimaryMessage>(message)) this.#receive(message);
  };
  readonly #disconnected = (): void => this.close();
  #requests = 0;
  #isClosed = false;
  #isLogClosed = false;

  /** @param primary `process` of a worker */
  constructor(primary: IpcEnd) {
    this.#primary = primary;
    primary.on('message', this.#listener);
    // It never comes back: nobody answers what was asked.
    primary.on('disconnect', this.#disconnected);
    const isClosed = (): boolean => this.#isClosed;
    this.backplane = {
      get state() {
        return isClosed() ? ('away' as const) : ('ready' as const);
      },
      publish: async (channel, message) => {
        await this.#ask({ op: 'publish', channel, message });
      },
      subscribe: (channel, deliver, options) => this.#subscribe(channel, deliver, options),
      close: async () => this.close(),
    };
    this.log = {
      append: (stream: string, data: Payload, { key }: AppendOptions = {}) =>
        this.#askLog({ op: 'append', stream, data, key }) as Promise<Appended>,
      read: (stream: string, options: ReadOptions) => this.#askLog({ op: 'read', stream, options }) as Promise<LogPage>,
      close: async () => {
        this.#isLogClosed = true;
      },
    };
  }

  /** Gives up all subscriptions; what waits for an answer is refused. */
  close(): void {
    if (this.#isClosed) return;
    for (const channel of this.#subscriptions.channels()) this.#ask({ op: 'unsubscribe', channel }).catch(() => {});
    this.#isClosed = true;
    this.#primary.off('message', this.#listener);
    this.#primary.off('disconnect', this.#disconnected);
    this.#subscriptions.clear();
    for (const { reject } of this.#pending.values())
      reject(new UnavailableError('the channel to the primary is closed'));
    this.#pending.clear();
  }

  async #askLog(request: Request): Promise<Result> {
    if (this.#isLogClosed) throw new UnavailableError('the log is closed');
    return this.#ask(request);
  }

  #ask(request: Request): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new UnavailableError('the channel to the primary is closed'));
      const id = ++this.#requests;
      this.#pending.set(id, { resolve, reject });
      this.#primary.send?.({ halyard: 'request', id, request }, (error) => {
        if (error && this.#pending.delete(id)) reject(new UnavailableError('the primary is gone', { cause: error }));
      });
    });
  }

  #receive(message: PrimaryMessage): void {
    switch (message.halyard) {
      case 'deliver':
        return this.#subscriptions.deliver(message.channel, message.message);
      case 'gap':
        return this.#subscriptions.tellGap(message.channel === undefined ? undefined : [message.channel]);
      case 'result':
        this.#take(message.id)?.resolve(message.result);
        return;
      case 'failure':
        this.#take(message.id)?.reject(new UnavailableError(message.message));
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  async #subscribe(channel: string, deliver: Deliver, { gap }: SubscribeOptions = {}): Promise<Unsubscribe> {
    const subscription = { deliver, gap };
    if (this.#subscriptions.add(channel, subscription)) {
      this.#subscribed.set(channel, this.#ask({ op: 'subscribe', channel }));
    }
    try {
      await this.#subscribed.get(channel);
    } catch (error) {
      if (this.#subscriptions.remove(channel, subscription)) this.#subscribed.delete(channel);
      throw error;
    }
    return async () => {
      if (!this.#subscriptions.remove(channel, subscription)) return;
      this.#subscribed.delete(channel);
      await this.#ask({ op: 'unsubscribe', channel }).catch(() => {});
    };
  }
}
