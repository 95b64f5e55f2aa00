import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { Arrivals, type Live } from './arrivals.ts';
import { UnavailableError } from './backplane.ts';
import type { LogEntry, LogPage, MessageLog } from './message-log.ts';
import type { Topic } from './topic.ts';

/** A part of what a joining member has missed. */
export interface Replay {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** True if another part follows. After the last one the member is live: nothing is between the two, and nothing comes twice. */
  readonly more: boolean;
  /** False if the log cannot continue from where the member stood; then the newest entries follow. */
  readonly recovered: boolean;
  /** The id to continue from; undefined while the log cannot be reached. */
  readonly last: string | undefined;
}

export interface ReplayOptions {
  readonly log: MessageLog;
  readonly topic: Topic;
  /** The last id that the member has seen. */
  readonly after: string | undefined;
  /** Entries to begin with for who has seen none. */
  readonly newest: number;
  /** Entries, and bytes of them, in a part at most; a part has one entry at least. */
  readonly limit: number;
  readonly maxBytes: number;
  readonly isCancelled: () => boolean;
  /** Takes a part. The next one waits for it; the last one is told at once, and its failure makes the join fail, too. */
  readonly replay: (part: Replay) => void | Promise<void>;
  /** Called in the same turn as `replay` for the last part, or never: from here on the member hears what the others hear. */
  readonly live: (live: Live) => void;
}

/** Milliseconds between attempts to read a log that cannot be reached. */
const RETRY = 500;

/** Replays a log to a member that joins, while the topic goes on. Calls `replay` and then `live`, unless it is cancelled. */
export async function replayLog(options: ReplayOptions): Promise<void> {
  const { topic, replay, live, isCancelled } = options;
  if (!(await topic.start())) {
    if (isCancelled()) return;
    await replay({ entries: [], more: true, recovered: true, last: undefined });
    await topic.begun();
  }
  const arrivals = new Arrivals(topic.cursor);
  topic.joining.add(arrivals);
  try {
    for (let { after } = options; ;) {
      const page = await readPage(options, after);
      if (!page) return;
      const rest = page.more ? undefined : arrivals.after(page.last);
      if (rest) {
        const told = replay(page);
        live(rest);
        topic.joining.delete(arrivals);
        await told;
        return;
      }
      await replay({ ...page, more: true });
      after = page.last;
    }
  } finally {
    topic.joining.delete(arrivals);
  }
}

/** Tries until the log can be reached; undefined if the member is gone meanwhile. */
async function readPage(options: ReplayOptions, after: string | undefined): Promise<LogPage | undefined> {
  const { log, topic, newest, limit, maxBytes, isCancelled } = options;
  for (let isFirstTry = true; !isCancelled(); isFirstTry = false) {
    try {
      const page = await log.read(topic.channel, after === undefined ? { limit: newest } : { after, limit });
      if (isCancelled()) return undefined;
      return after !== undefined && page.recovered ? cutAfter(page, maxBytes) : cutBefore(page, newest, maxBytes);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      if (isCancelled()) return undefined;
      if (isFirstTry && after === options.after) {
        await options.replay({ entries: [], more: true, recovered: true, last: undefined });
      }
      await sleep(RETRY);
    }
  }
  return undefined;
}

const sizeOf = ({ data }: LogEntry): number => (typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength);

/** As much of a continued page as fits; the rest is read again. */
function cutAfter(page: LogPage, maxBytes: number): LogPage {
  let bytes = 0;
  const end = page.entries.findIndex((entry, i) => (bytes += sizeOf(entry)) > maxBytes && i > 0);
  const last = page.entries[end - 1];
  return last ? { ...page, entries: page.entries.slice(0, end), last: last.id, more: true } : page;
}

/** The newest of a page, as many as fit. */
function cutBefore(page: LogPage, newest: number, maxBytes: number): LogPage {
  let bytes = 0;
  let start = Math.max(0, page.entries.length - newest);
  for (let i = page.entries.length - 1; i >= start; i--) {
    bytes += sizeOf(page.entries[i] as LogEntry);
    if (bytes > maxBytes) start = i + 1;
  }
  return { ...page, entries: page.entries.slice(Math.min(start, Math.max(0, page.entries.length - 1))) };
}
