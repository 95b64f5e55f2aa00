import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { UnavailableError, type Backplane, type Payload } from './backplane.ts';
import { bellChannel, encodeBell } from './bell.ts';
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
import { MemoryStream } from './memory-stream.ts';

/** What a log in memory keeps. */
export interface MemoryLogOptions extends Retention {
  /** Where the bells ring. */
  readonly backplane: Pick<Backplane, 'publish'>;
  /** Streams kept; beyond, the one that was not written to for longest is forgotten. Default 100,000. */
  readonly maxStreams?: number;
  /** Bytes of entries kept in all streams together, under the same rule. Default 256 MiB. */
  readonly maxBytes?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
}

const SWEEP_INTERVAL = 60_000;

/** A log in this process, which is lost with it: the epoch in its ids tells a later log from this one. */
export class MemoryLog implements MessageLog {
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #backplane: Pick<Backplane, 'publish'>;
  readonly #retention: Required<Retention>;
  readonly #maxStreams: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  /** The one that was written to last comes last. */
  readonly #streams = new Map<string, MemoryStream>();
  readonly #sweeper: NodeJS.Timeout;
  #bytes = 0;
  #count = 0;
  /** The newest entry of all streams that were forgotten whole. */
  #forgotten = 0;
  #isClosed = false;

  constructor({ backplane, maxStreams = 100_000, maxBytes = 1 << 28, now, ...retention }: MemoryLogOptions) {
    this.#backplane = backplane;
    this.#retention = { ...DEFAULT_RETENTION, ...retention };
    this.#maxStreams = maxStreams;
    this.#maxBytes = maxBytes;
    this.#now = now ?? (() => performance.now());
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
  }

  async append(stream: string, data: Payload, { key }: AppendOptions = {}): Promise<Appended> {
    if (this.#isClosed) throw new UnavailableError('the log is closed');
    const stored = this.#streams.get(stream) ?? new MemoryStream(this.#forgotten);
    this.#forget(stored);
    const known = key === undefined ? undefined : stored.find(key);
    if (known !== undefined) return { id: this.#id(known), isDuplicate: true };

    const previous = this.#id(stored.last);
    const entry = { n: ++this.#count, at: this.#now(), data: typeof data === 'string' ? data : Buffer.from(data) };
    this.#bytes += stored.push(entry, key);
    this.#streams.delete(stream);
    this.#streams.set(stream, stored);
    this.#forget(stored);
    this.#evict();
    const id = this.#id(entry.n);
    await this.#backplane.publish(bellChannel(stream), encodeBell({ previous, id, data: entry.data }));
    return { id, isDuplicate: false };
  }

  async read(stream: string, { after, limit }: ReadOptions): Promise<LogPage> {
    if (this.#isClosed) throw new UnavailableError('the log is closed');
    const stored = this.#streams.get(stream);
    if (stored) this.#forget(stored);
    const from = after === undefined ? undefined : this.#parseId(after);
    const recovered = after === undefined || (from !== undefined && from >= (stored?.trimmed ?? this.#forgotten));
    if (!stored) return { entries: [], last: this.#id(0), more: false, recovered };

    const isResumed = recovered && from !== undefined;
    const found = isResumed ? stored.after(from, limit) : stored.newest(limit);
    const last = found.at(-1)?.n ?? (isResumed && limit === 0 ? from : stored.last);
    const entries = found.map(({ n, data }): LogEntry => ({ id: this.#id(n), data }));
    return { entries, last: this.#id(last), more: last < stored.last, recovered };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    this.#streams.clear();
  }

  #id(n: number): string {
    return `${this.#epoch}.${n}`;
  }

  /** Undefined for an id that this log has not given. */
  #parseId(id: string): number | undefined {
    const [, epoch, digits] = /^([0-9a-f]+)\.(\d{1,15})$/.exec(id) ?? [];
    const n = Number(digits);
    return epoch === this.#epoch && n <= this.#count ? n : undefined;
  }

  #forget(stored: MemoryStream): void {
    this.#bytes -= stored.trim(this.#now(), this.#retention);
  }

  #evict(): void {
    for (const [name, stored] of this.#streams) {
      if (this.#streams.size === 1) return;
      if (this.#streams.size <= this.#maxStreams && this.#bytes <= this.#maxBytes) return;
      this.#streams.delete(name);
      this.#bytes -= stored.bytes;
      this.#forgotten = Math.max(this.#forgotten, stored.last);
    }
  }

  #sweep(): void {
    for (const stored of this.#streams.values()) this.#forget(stored);
  }
}
