import type { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Subscriber } from '../pubsub/subscriber.ts';

/** What the chat uses of a server's WebSocket. */
export interface ClientSocket extends Subscriber {
  /** The callback is called when the bytes have left, or cannot leave any more. */
  send(message: PreparedMessage | string, callback?: () => void): unknown;
  on(event: 'close' | 'drain', listener: () => void): unknown;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
}
