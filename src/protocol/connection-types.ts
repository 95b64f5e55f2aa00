import type { Buffer } from 'node:buffer';
import type { Close } from './close.ts';
import type { ProtocolError } from './errors.ts';

/** Inflates what is received. RFC 7692. */
export interface MessageInflater {
  /** The whole of a message. Throws a ProtocolError 1007 for what is no DEFLATE, 1009 for more than `limit` bytes. */
  inflate(payload: Buffer, limit: number): Buffer;
  /** The same for a payload that would block the event loop for long; `inflate` is not called meanwhile. */
  inflateLater(payload: Buffer, limit: number, done: (error: Error | null, message: Buffer) => void): void;
  /** Whether a payload of this many bytes should rather be inflated by `inflateLater`. */
  isLong(size: number): boolean;
}

/** Where a connection stands. RFC 6455 §7. */
export type ConnectionState = 'open' | 'closing' | 'closed';

/**
 * What a connection does to the world, in the order of the wire. Every call comes from within a call of the
 * connection's own methods.
 */
export interface ConnectionHandler {
  /**
   * A message lies in `bytes[start, end)`: make one view of it, or decode it where it is. The bytes stay as they are.
   * `isAscii` says that every byte is known to be below 0x80; text is always valid UTF-8. The bytes may be lent: what
   * is to stay goes through `Connection.keep`.
   */
  message(bytes: Buffer, start: number, end: number, isBinary: boolean, isAscii: boolean): void;
  /** Whether text is rather taken as strings, by `text` instead of `message`; asked for each message. */
  wantsString?(): boolean;
  /** A text message of `size` bytes, decoded from where it lay. Only after `wantsString` has said so. */
  text?(text: string, size: number): void;
  ping(payload: Buffer): void;
  pong(payload: Buffer): void;
  /** The peer's Close arrived, code 1005 if it had none; it is answered. Nothing that follows it is read. */
  closing(close: Close): void;
  /** The peer broke a rule: a Close with the error's code is on its way out, and nothing more is read. */
  error(error: ProtocolError): void;
  /** A message that took its time to inflate is ready: go on with `resume`, now or when reading is wanted again. */
  inflated(): void;
  /** Nothing more will be sent: end the writing side of the transport behind what is in the outbox. §7.1.1. */
  end(): void;
}

/** What a connection needs to know of receiving and answering; how frames are sent is up to its writer. */
export interface ConnectionOptions {
  /** Most bytes in a message, 0 for no limit; default 100 MiB. Exceeding it is 1009. */
  readonly maxPayload?: number;
  /** Most frames in a message, 0 for no limit; default 131,072. Exceeding it is 1008. */
  readonly maxFragments?: number;
  /** Whether text, and the reason of a Close, is checked to be UTF-8; default true. */
  readonly validateUtf8?: boolean;
  /** Whether pings are answered; default true. */
  readonly autoPong?: boolean;
  /** Whether the ends of fragments are told by `takeFragmentEnds`; default false. */
  readonly keepFragmentEnds?: boolean;
  /** permessage-deflate, if it was agreed on. RFC 7692. */
  readonly deflate?: { readonly inflater: MessageInflater } | undefined;
}
