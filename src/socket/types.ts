import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Close } from '../protocol/close.ts';
import type { SendOptions } from '../protocol/frame-writer.ts';
import type { PerMessageDeflate } from '../protocol/permessage-deflate.ts';

/** Options of a socket, whoever opened it. */
export interface WebSocketOptions {
  /** Most bytes in a received message, 0 for no limit; default 100 MiB. Exceeding it is 1009. */
  readonly maxPayload?: number | undefined;
  /** Most frames in a received message, 0 for no limit; default 131,072. Exceeding it is 1008. */
  readonly maxFragments?: number | undefined;
  /** Accepted, and counts nothing: there is no list of chunks that could grow. */
  readonly maxBufferedChunks?: number | undefined;
  /** Whether pings are answered by themselves; default true. */
  readonly autoPong?: boolean | undefined;
  /**
   * How many pings may go unanswered behind a peer that does not read before it is terminated. Default: no such limit,
   * as only the newest is answered (RFC 6455 §5.5.3) and nothing piles up.
   */
  readonly maxPendingAutoPongs?: number | undefined;
  /** Whether one turn of the event loop may see several messages; default true. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** Milliseconds that a closing handshake may take before the transport is destroyed; default 30,000. */
  readonly closeTimeout?: number | undefined;
  /** Whether received text, and the reason of a Close, go unchecked; default false. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Bytes that may wait before `send` returns false; default 1 MiB. */
  readonly highWaterMark?: number | undefined;
  /** Fills a buffer of 4 bytes with the masking key of a client's frame; default: the system's CSPRNG. */
  readonly generateMask?: ((key: Buffer) => void) | undefined;
  /** Whether this is the server's end; default true for a socket without an address. */
  readonly isServer?: boolean | undefined;
}

/** How `send` sends a message. */
export interface MessageOptions extends SendOptions {
  /** Whether the message is binary; default: it is neither a string nor a number. */
  readonly binary?: boolean | undefined;
}

/** What the opening handshake found out, for `setSocket`. */
export interface Negotiated {
  /** The subprotocol, '' for none. */
  readonly protocol?: string | undefined;
  /** permessage-deflate, ready to be used, if it was agreed on. */
  readonly deflate?: PerMessageDeflate | undefined;
}

/** Whoever keeps a socket for its user, as a server does; told before the socket's listeners. */
export interface Keeper {
  /** An error on which nobody listens to 'error'. */
  unheardError(error: Error): void;
  closed(): void;
}

/** What 'message' listeners are given for binary messages; anything else is ignored. Text comes as a Buffer. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** What a 'message' may be, by `binaryType`. */
export type RawData = Buffer | ArrayBuffer | Buffer[] | Blob;

/** How a connection ended, or why it did not end well. */
export interface CloseInfo {
  /** The Close that was sent, if one was. */
  readonly sent: Close | undefined;
  /** The Close that was received, if one was. */
  readonly received: Close | undefined;
  /** Who said Close first; undefined while, or if, nobody did. */
  readonly initiator: 'local' | 'peer' | undefined;
  /** Whether both sides said Close. */
  readonly clean: boolean;
  /** The error that ended the transport or broke the protocol. */
  readonly cause: Error | undefined;
}

/** What a socket emits, with the arguments of its listeners. */
export interface WebSocketEvents {
  /** The handshake of a client is done. */
  open: [];
  /** `data` is typed as the Buffer that it is by default; with another `binaryType` it is a `RawData`. */
  message: [data: Buffer, isBinary: boolean];
  /** A ping arrived, and is answered already unless `autoPong` is off. */
  ping: [payload: Buffer];
  /** A pong arrived. */
  pong: [payload: Buffer];
  /** The transport takes bytes again after `send` had returned false. */
  drain: [];
  /** A client's handshake: the 101 answer, before it is checked. */
  upgrade: [response: IncomingMessage];
  /** A client's handshake: an answer that is neither 101 nor a redirect to follow. A listener takes it over. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /** A client's handshake: a redirect is followed. */
  redirect: [url: string, request: ClientRequest];
  /** Connecting failed, or the peer broke a rule. At most once; 'close' follows. */
  error: [error: Error];
  /** The end. `reason` is the peer's, UTF-8. */
  close: [code: number, reason: Buffer];
}

/** Whoever dials for a socket that is still connecting. */
export interface Attempt {
  abort(): void;
}
