import type { Backplane, Payload, Unsubscribe } from './backplane.ts';
import {
  isOurs,
  type IpcEnd,
  type PrimaryMessage,
  type Request,
  type RequestMessage,
  type Result,
} from './cluster-protocol.ts';
import type { MessageLog } from './message-log.ts';

/** What a worker is served. */
export interface ServeWorkerOptions {
  /** The primary's backplane. */
  readonly backplane: Backplane;
  /** The primary's log. */
  readonly log: MessageLog;
  /** Bytes that may wait for a worker that does not read; what comes on top is left out, and the worker is told. Default 64 MiB. */
  readonly limit?: number;
}

/** Serves the primary's backplane and log to one worker. Returns what ends that, for when the worker is gone. */
export function serveWorker(worker: IpcEnd, options: ServeWorkerOptions): () => void {
  const served = new ServedWorker(worker, options);
  return () => served.close();
}

class ServedWorker {
  readonly #worker: IpcEnd;
  readonly #options: ServeWorkerOptions;
  readonly #limit: number;
  readonly #subscriptions = new Map<string, Promise<Unsubscribe>>();
  readonly #listener = (message: unknown): void => {
    if (isOurs<RequestMessage>(message) && message.halyard === 'request') void this.#answer(message);
  };
  #waiting = 0;
  #hasLeftOut = false;
  #isClosed = false;

  constructor(worker: IpcEnd, options: ServeWorkerOptions) {
    this.#worker = worker;
    this.#options = options;
    this.#limit = options.limit ?? 1 << 26;
    worker.on('message', this.#listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#worker.off('message', this.#listener);
    for (const subscription of this.#subscriptions.values()) {
      // What could not be subscribed needs no unsubscribing; who asked for it has been told.
      subscription.then((unsubscribe) => unsubscribe()).catch(() => {});
    }
    this.#subscriptions.clear();
  }

  async #answer({ id, request }: RequestMessage): Promise<void> {
    try {
      this.#send({ halyard: 'result', id, result: await this.#run(request) });
    } catch (error) {
      this.#send({ halyard: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  async #run(request: Request): Promise<Result> {
    const { backplane, log } = this.#options;
    switch (request.op) {
      case 'publish':
        await backplane.publish(request.channel, request.message);
        return undefined;
      case 'subscribe':
        await this.#subscribe(request.channel);
        return undefined;
      case 'unsubscribe':
        await this.#unsubscribe(request.channel);
        return undefined;
      case 'append':
        return log.append(request.stream, request.data, request.key === undefined ? {} : { key: request.key });
      case 'read':
        return log.read(request.stream, request.options);
    }
  }

  async #subscribe(channel: string): Promise<void> {
    const known = this.#subscriptions.get(channel);
    const subscription =
      known ??
      this.#options.backplane.subscribe(channel, (message) => this.#deliver(channel, message), {
        gap: () => this.#send({ halyard: 'gap', channel }),
      });
    this.#subscriptions.set(channel, subscription);
    try {
      await subscription;
    } catch (error) {
      // Who asks next tries anew.
      if (this.#subscriptions.get(channel) === subscription) this.#subscriptions.delete(channel);
      throw error;
    }
  }

  async #unsubscribe(channel: string): Promise<void> {
    const subscription = this.#subscriptions.get(channel);
    this.#subscriptions.delete(channel);
    await (
      await subscription
    )?.();
  }

  #deliver(channel: string, message: Payload): void {
    if (this.#hasLeftOut) return;
    const size = 64 + channel.length + (typeof message === 'string' ? 2 * message.length : message.byteLength);
    if (this.#waiting + size > this.#limit) {
      this.#hasLeftOut = true;
      return;
    }
    this.#waiting += size;
    this.#send({ halyard: 'deliver', channel, message }, () => {
      this.#waiting -= size;
      if (!this.#hasLeftOut || this.#waiting > this.#limit / 2) return;
      this.#hasLeftOut = false;
      this.#send({ halyard: 'gap' });
    });
  }

  #send(message: PrimaryMessage, sent: () => void = () => {}): void {
    // A worker that is gone reads nothing: its end is told by 'exit', not by every message that fails.
    if (!this.#isClosed) this.#worker.send?.(message, () => sent());
  }
}
