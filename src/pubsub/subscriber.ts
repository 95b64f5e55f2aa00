import type { PreparedMessage } from '../protocol/prepared-message.ts';

/** Who can be sent messages: as little of a WebSocket as the hub needs. */
export interface Subscriber {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  /** Sends a message; what it throws closes the subscriber. */
  send(message: PreparedMessage): unknown;
  /** It only passes on what it is sent to others, who are counted instead. Default false. */
  readonly isRelay?: boolean;
  /** Ends it, as a slow one or one whose `send` failed. */
  close(code: number, reason: string): unknown;
  /** If there is such a method, the subscriber leaves everything by itself on 'close', and 'drain' ends its backlog. */
  on?(event: 'close' | 'drain', listener: () => void): unknown;
}

/**
 * What becomes of a message for a member that has more than the limit waiting: the member is closed with 1013, or the
 * message is dropped, or the oldest waiting one, or a function decides.
 */
export type SlowPolicy =
  'close' | 'drop-new' | 'drop-old' | ((subscriber: Subscriber, message: PreparedMessage) => 'send' | 'drop' | 'close');
