import type { Payload } from './backplane.ts';
import type { Appended, LogPage, ReadOptions } from './message-log.ts';

/** What a worker asks of the primary. `advanced` serialization keeps bytes. */
export type Request =
  | { readonly op: 'publish'; readonly channel: string; readonly message: Payload }
  | { readonly op: 'subscribe'; readonly channel: string }
  | { readonly op: 'unsubscribe'; readonly channel: string }
  | { readonly op: 'append'; readonly stream: string; readonly data: Payload; readonly key: string | undefined }
  | { readonly op: 'read'; readonly stream: string; readonly options: ReadOptions };

export type Result = Appended | LogPage | undefined;

/** `halyard` tells our messages from those of others on the same channel. */
export interface RequestMessage {
  readonly halyard: 'request';
  readonly id: number;
  readonly request: Request;
}

/** What the primary tells a worker: an answer, a message, or that messages may be missing, of one channel or of all. */
export type PrimaryMessage =
  | { readonly halyard: 'result'; readonly id: number; readonly result: Result }
  | { readonly halyard: 'failure'; readonly id: number; readonly message: string }
  | { readonly halyard: 'deliver'; readonly channel: string; readonly message: Payload }
  | { readonly halyard: 'gap'; readonly channel?: string };

/** One end of the channel between a worker and the primary: a `Worker` of node:cluster, or `process` in it. */
export interface IpcEnd {
  send?(message: unknown, callback?: (error: Error | null) => void): boolean;
  on(event: 'message' | 'disconnect', listener: (message: unknown) => void): unknown;
  off(event: 'message' | 'disconnect', listener: (message: unknown) => void): unknown;
}

export function isOurs<Message extends RequestMessage | PrimaryMessage>(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && Object.hasOwn(message, 'halyard');
}
