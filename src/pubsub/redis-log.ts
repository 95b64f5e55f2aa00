import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { AppendQueue, type PendingAppend } from './append-queue.ts';
import { UnavailableError, type Payload } from './backplane.ts';
import { bellChannel } from './bell.ts';
import {
  DEFAULT_RETENTION,
  type Appended,
  type AppendOptions,
  type LogEntry,
  type LogPage,
  type MessageLog,
  type ReadOptions,
  type Retention,
} from './message-log.ts';
import { APPEND, READ } from './redis-scripts.ts';
import type { RedisWire } from './redis-wire.ts';

export interface RedisLogOptions extends Retention {
  readonly wire: RedisWire;
  readonly prefix: string;
  /** Milliseconds after which an append that could not be stored is refused. Default 5,000. */
  readonly patience?: number;
}

type Script = (keyCount: number, ...args: (string | Buffer | number)[]) => Promise<Buffer[]>;

/** A client with the two scripts as commands; `Buffer` at the end of a name asks for the reply in bytes. */
interface Scripted {
  readonly halyardAppendBuffer: Script;
  readonly halyardReadBuffer: Script;
}

const RETRY = 50;
const PATIENCE = 5_000;
/** Streams whose newest id is remembered. */
const MAX_WITNESSED = 50_000;
const HOUR = 3_600_000;

/** A log in Redis Streams. What Redis loses, it tells: `redis-scripts.ts` says how. */
export class RedisLog implements MessageLog {
  readonly #options: RedisLogOptions;
  readonly #retention: Required<Retention>;
  readonly #queues = new Map<string, AppendQueue>();
  /** The newest id that an append of this process was given: proof of what Redis had. */
  readonly #witnessed = new Map<string, string>();
  readonly #scripted = new WeakSet<Redis>();
  #isClosed = false;

  constructor({ maxEntries, maxAge, keyAge, ...options }: RedisLogOptions) {
    this.#options = options;
    this.#retention = {
      maxEntries: maxEntries ?? DEFAULT_RETENTION.maxEntries,
      maxAge: maxAge ?? DEFAULT_RETENTION.maxAge,
      keyAge: keyAge ?? DEFAULT_RETENTION.keyAge,
    };
  }

  async append(stream: string, data: Payload, { key }: AppendOptions = {}): Promise<Appended> {
    if (this.#isClosed) throw new UnavailableError('the log is closed');
    const { wire, patience = PATIENCE } = this.#options;
    // Who has waited in vain for as long as this would has told the others.
    if (wire.awayFor > patience) throw new UnavailableError('Redis cannot be reached');
    // Without a key of the caller one of ours: our own second attempt must not store it twice either.
    const entry = {
      data: typeof data === 'string' ? data : Buffer.from(data),
      key: key === undefined ? `r:${randomBytes(12).toString('base64url')}` : `k:${key}`,
    };
    const queue = this.#queues.get(stream) ?? this.#createQueue(stream);
    this.#queues.set(stream, queue);
    return queue.append(entry);
  }

  async read(stream: string, { after, limit, witness }: ReadOptions): Promise<LogPage> {
    if (this.#isClosed) throw new UnavailableError('the log is closed');
    const { prefix, wire } = this.#options;
    const { maxAge } = this.#retention;
    const witnesses = [witness, this.#witnessed.get(stream)].filter((id) => id !== undefined);
    const reply = await wire.run(`${prefix}{${stream}}`, (client) =>
      this.#script(client).halyardReadBuffer(
        3,
        ...this.#keys(stream),
        ...this.#common(),
        // An empty id is none of ours, but to the script it would be none at all.
        after === undefined ? '' : after || '?',
        limit,
        maxAge,
        ...witnesses,
      ),
    );
    const [recovered, more, last, ...rest] = reply;
    const entries: LogEntry[] = [];
    for (let i = 0; i < rest.length; i += 3) {
      const data = rest[i + 2] as Buffer;
      entries.push({ id: String(rest[i]), data: String(rest[i + 1]) === 'b' ? data : data.toString() });
    }
    return { entries, last: String(last), more: Number(more) === 1, recovered: Number(recovered) === 1 };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #createQueue(stream: string): AppendQueue {
    const { wire, patience = PATIENCE } = this.#options;
    return new AppendQueue({
      store: (entries) => this.#store(stream, entries),
      patience,
      onIdle: () => this.#queues.delete(stream),
      isRetryable: (error) => error instanceof UnavailableError && !this.#isClosed,
      retry: async () => {
        await sleep(RETRY);
        await wire.ready(patience);
      },
    });
  }

  async #store(stream: string, entries: readonly PendingAppend[]): Promise<Appended[]> {
    const { prefix, wire } = this.#options;
    const { maxEntries, maxAge, keyAge } = this.#retention;
    const keys = entries.map(({ key }) => `${prefix}{${stream}}:${key}`);
    const values = entries.flatMap(({ data }) => (typeof data === 'string' ? ['t', data] : ['b', data as Buffer]));
    const reply = await wire.run(`${prefix}{${stream}}`, (client) =>
      this.#script(client).halyardAppendBuffer(
        3 + keys.length,
        ...this.#keys(stream),
        ...keys,
        ...this.#common(),
        maxEntries,
        maxAge,
        keyAge,
        ...values,
      ),
    );
    const appended = entries.map((_, i) => ({
      id: String(reply[2 * i]),
      isDuplicate: String(reply[2 * i + 1]) === '1',
    }));
    const newest = appended.findLast(({ isDuplicate }) => !isDuplicate);
    if (newest) this.#witness(stream, newest.id);
    return appended;
  }

  #witness(stream: string, id: string): void {
    this.#witnessed.delete(stream);
    this.#witnessed.set(stream, id);
    if (this.#witnessed.size <= MAX_WITNESSED) return;
    for (const oldest of this.#witnessed.keys()) {
      this.#witnessed.delete(oldest);
      break;
    }
  }

  #keys(stream: string): string[] {
    const { prefix, wire } = this.#options;
    const key = `${prefix}{${stream}}`;
    return [`${key}:log`, `${key}:meta`, wire.wireChannel(bellChannel(stream))];
  }

  /** A new epoch in case it is needed, how long an idle stream is kept, how to ring. */
  #common(): (string | number)[] {
    const ttl = 2 * (this.#retention.maxAge + this.#retention.keyAge) + 24 * HOUR;
    return [randomBytes(6).toString('hex'), ttl, this.#options.wire.publishCommand];
  }

  #script(client: Redis): Scripted {
    if (!this.#scripted.has(client)) {
      client.defineCommand('halyardAppend', { lua: APPEND });
      client.defineCommand('halyardRead', { lua: READ });
      this.#scripted.add(client);
    }
    return client as unknown as Scripted;
  }
}
