import type { Close } from '../protocol/close.ts';
import type { ConnectionOptions } from '../protocol/connection.ts';
import type { ProtocolError } from '../protocol/errors.ts';
import type { FrameWriterOptions } from '../protocol/frame-writer.ts';
import type { PerMessageDeflate } from '../protocol/permessage-deflate.ts';

/** What a link tells the socket object that it belongs to. */
export interface LinkOwner {
  onMessage(bytes: Buffer, start: number, end: number, isBinary: boolean): void;
  /** Whether nobody would see text that has been a Buffer: `onText` gets it as a string. */
  wantsString(): boolean;
  onText(text: string): void;
  onControl(kind: 'ping' | 'pong', payload: Buffer): void;
  onProtocolError(error: ProtocolError): void;
  /** The peer's Close arrived and is answered. */
  onClosing(close: Close): void;
  /** No more waits than the high-water mark allows, after `takesMore` had said otherwise. */
  onDrain(): void;
  /** The transport is gone. Nothing comes after this. */
  onTransportClosed(): void;
}

export interface LinkOptions extends ConnectionOptions, FrameWriterOptions {
  /** permessage-deflate in both directions, if it was agreed on. */
  readonly deflate?: PerMessageDeflate | undefined;
  /** Milliseconds from the start of the closing handshake until the transport is destroyed. */
  readonly closeTimeout: number;
  /** Whether one turn of the event loop may see several messages. */
  readonly allowSynchronousEvents: boolean;
  /** How many pings may go unanswered behind a peer that does not read before it is terminated. */
  readonly maxPendingAutoPongs?: number | undefined;
  /** Bytes that may wait until `takesMore` says no. */
  readonly highWaterMark: number;
}
