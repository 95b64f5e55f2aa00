import type { Payload } from './backplane.ts';

/** One stored message. Ids are opaque, without white space, and unique within the log: compare them for equality only. */
export interface LogEntry {
  /** Where it stands in its stream. */
  readonly id: string;
  /** The message. */
  readonly data: Payload;
}

/** How a message is stored. */
export interface AppendOptions {
  /** Stored once per stream and key: a second append with the same key stores nothing and gives the id of the first. */
  readonly key?: string;
}

/** Where a message is stored. */
export interface Appended {
  /** The id of its entry. */
  readonly id: string;
  /** True if the key had been stored before. */
  readonly isDuplicate: boolean;
}

/** Which part of a stream is read. */
export interface ReadOptions {
  /** The id after which to begin; without it, the newest `limit` entries are read. */
  readonly after?: string;
  /** At most this many entries, 0 or more. */
  readonly limit: number;
  /**
   * An id that this process has had from the log itself, never from a client: if the log has it no more although it
   * was not trimmed, something was lost, and everybody is told.
   */
  readonly witness?: string;
}

/** A part of a stream. */
export interface LogPage {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** The id to continue from: of the last entry here or, if there is none, where the log stands. */
  readonly last: string;
  /** True if the log holds more after `last`. */
  readonly more: boolean;
  /**
   * False if the log cannot tell everything that came after `after`, because it was trimmed or lost. Then the page
   * is what it would be without `after`.
   */
  readonly recovered: boolean;
}

/**
 * Keeps messages in streams, each in one order. An append also rings the stream's bell (`bell.ts`) on the backplane
 * that belongs to the log. All methods reject with an `UnavailableError` while the log cannot be reached.
 */
export interface MessageLog {
  /** Resolves when the entry is stored. Appends of one process to one stream are stored in the order of the calls. */
  append(stream: string, data: Payload, options?: AppendOptions): Promise<Appended>;
  /** Reads what came after an id, or the newest entries. */
  read(stream: string, options: ReadOptions): Promise<LogPage>;
  /** What is called afterwards is refused. */
  close(): Promise<void>;
}

/** When a log forgets. */
export interface Retention {
  /** Entries kept per stream. Default 1,000. */
  readonly maxEntries?: number;
  /** Milliseconds for which an entry is kept. Default 24 hours. */
  readonly maxAge?: number;
  /**
   * Milliseconds for which a key is remembered: as long as senders may try again, and as far as the clock of the log may
   * jump. Default two hours, one for either.
   */
  readonly keyAge?: number;
}

const HOUR = 3_600_000;

export const DEFAULT_RETENTION: Required<Retention> = { maxEntries: 1_000, maxAge: 24 * HOUR, keyAge: 2 * HOUR };
