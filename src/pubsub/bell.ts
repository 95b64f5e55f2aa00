import { Buffer } from 'node:buffer';
import type { Payload } from './backplane.ts';
import type { LogEntry } from './message-log.ts';

/**
 * Tells every process that a stream has a new entry. The log is the truth and this only the bell; but since it carries
 * the entry and names the one before, who holds that one need not read the log.
 */
export interface Bell extends LogEntry {
  /** The id at which the stream stood before this entry. */
  readonly previous: string;
}

/** The backplane's channel of a stream's bell. No room can have this name: rooms have no space. */
export const bellChannel = (stream: string): string => `${stream} bell`;

/** `previous id`, a newline, the entry. A text entry makes a text, a binary one makes bytes. */
export function encodeBell({ previous, id, data }: Bell): Payload {
  const head = `${previous} ${id}\n`;
  return typeof data === 'string' ? head + data : Buffer.concat([Buffer.from(head), data]);
}

/** Undefined for what is no bell: on a shared Redis anybody may publish anything. */
export function parseBell(message: Payload): Bell | undefined {
  const end = typeof message === 'string' ? message.indexOf('\n') : message.indexOf(0x0a);
  if (end === -1) return undefined;
  const head = typeof message === 'string' ? message.slice(0, end) : Buffer.from(message.subarray(0, end)).toString();
  const [previous, id, ...rest] = head.split(' ');
  if (!previous || !id || rest.length > 0) return undefined;
  return { previous, id, data: typeof message === 'string' ? message.slice(end + 1) : message.subarray(end + 1) };
}
