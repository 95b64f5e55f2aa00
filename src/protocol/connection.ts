import { Buffer } from 'node:buffer';
import { type Close, encodeClose, parseClose } from './close.ts';
import type { ConnectionHandler, ConnectionOptions, ConnectionState } from './connection-types.ts';
import type { ProtocolError } from './errors.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type ControlHandler, MessageReader, type MessageReaderOptions } from './message-reader.ts';
import { Opcode, RSV1 } from './opcode.ts';
import type { SendCallback } from './outbox.ts';
import type { Role } from './role.ts';
import { shareLatest } from './share-latest.ts';

export type { ConnectionHandler, ConnectionOptions, ConnectionState, MessageInflater } from './connection-types.ts';

/** Most bytes of a received message, unless `maxPayload` says otherwise. */
export const MAX_PAYLOAD = 100 * 1024 * 1024;
/** Most frames of a received message, unless `maxFragments` says otherwise. */
export const MAX_FRAGMENTS = 131_072;

const share = shareLatest<MessageReaderOptions>();

function toReaderOptions(options: ConnectionOptions): MessageReaderOptions {
  const { deflate } = options;
  const made: MessageReaderOptions = {
    maxPayload: options.maxPayload ?? MAX_PAYLOAD,
    maxFragments: options.maxFragments ?? MAX_FRAGMENTS,
    allowedRsv: deflate === undefined ? 0 : RSV1,
    validateUtf8: options.validateUtf8 ?? true,
    keepFragmentEnds: options.keepFragmentEnds ?? false,
    inflater: deflate?.inflater,
  };
  return deflate === undefined ? share(made) : made;
}

/**
 * RFC 6455 after the handshake, without I/O: bytes of the peer come in by the reader, frames for it leave by the
 * writer, and what they mean goes to the handler, synchronously and in wire order. Pong, the echo of a Close and
 * failing the connection are done here, never by the caller.
 *
 * State is facts: the Close sent, the Close received, the failure, the loss of the transport. `state` is derived;
 * whether it is open is what every send asks, so the first of these facts seals the writer.
 */
export class Connection implements ControlHandler {
  /** Messages and control frames go out through it. */
  readonly writer: FrameWriter;
  #sent: Close | undefined;
  #received: Close | undefined;
  #over = false;

  /** The bytes of the peer come in through it. */
  readonly reader: MessageReader;
  readonly #handler: ConnectionHandler;
  readonly #autoPong: boolean;

  #failed = false;
  #blocked = false;
  #owedPong: Buffer | undefined;

  constructor(writer: FrameWriter, handler: ConnectionHandler, options: ConnectionOptions = {}) {
    this.writer = writer;
    this.#handler = handler;
    this.#autoPong = options.autoPong ?? true;
    this.reader = new MessageReader(writer.role, handler, this, toReaderOptions(options));
  }

  get role(): Role {
    return this.writer.role;
  }

  get state(): ConnectionState {
    if (this.isOpen) return 'open';
    return this.#over ? 'closed' : 'closing';
  }

  /** Whether messages may be sent. */
  get isOpen(): boolean {
    return this.writer.isOpen;
  }

  /** The Close that went out, or is on its way. */
  get closeSent(): Close | undefined {
    return this.#sent;
  }

  /** The Close that came in; its code is 1005 if it carried none. */
  get closeReceived(): Close | undefined {
    return this.#received;
  }

  // What is no message, from the reader

  /** @internal */
  frame(opcode: Opcode, payload: Buffer): void {
    switch (opcode) {
      case Opcode.Ping:
        if (this.#autoPong) this.#answerPing(payload);
        return this.#handler.ping(payload);
      case Opcode.Pong:
        return this.#handler.pong(payload);
      case Opcode.Close:
        return this.#answerClose(parseClose(payload, this.reader.validatesUtf8), payload);
    }
  }

  /** Fails the connection, §7.1.7. The peer's answer is not waited for. @internal */
  violation(error: ProtocolError): void {
    this.#failed = true;
    this.reader.stop();
    if (this.#sent === undefined) this.close(error.closeCode);
    else this.#endIfDone();
    this.#handler.error(error);
  }

  // The closing handshake, §7.1

  /**
   * Starts the closing handshake, or takes part in it: a Close leaves behind everything that was sent before.
   * Without a code the Close is empty. Throws a TypeError or RangeError for what may not be sent; does nothing when a
   * Close is out already.
   */
  close(code?: number, reason?: string | Uint8Array, callback?: SendCallback): void {
    if (this.#sent !== undefined || this.#over) return;
    const payload = encodeClose(code, reason);
    this.#send(parseClose(payload), payload, callback);
  }

  #send(close: Close, payload: Uint8Array, callback?: SendCallback): void {
    this.#sent = close;
    this.writer.seal();
    this.#owedPong = undefined;
    this.writer.control(Opcode.Close, payload, undefined, callback);
    this.#endIfDone();
  }

  /** The transport is gone, or was taken away: nothing is read or sent any more. */
  transportClosed(): void {
    this.#over = true;
    this.writer.abandon();
    this.#owedPong = undefined;
    this.reader.stop();
  }

  /** §5.5.1: the answer says what the peer has said. */
  #answerClose(close: Close, payload: Buffer): void {
    this.#received = close;
    this.writer.seal();
    this.reader.stop();
    if (this.#sent === undefined) this.#send(close, payload);
    else this.#endIfDone();
    this.#handler.closing(close);
  }

  #endIfDone(): void {
    // §7.1.1: the server ends the transport; the client waits for it to, and whoever owns the transport bounds that.
    if (this.#failed || (this.#received !== undefined && this.role === 'server')) {
      this.writer.afterAll(() => this.#handler.end());
    }
  }

  // Pings, §5.5.2

  /** The transport takes no more for now: pongs wait, so that pings cannot fill memory behind a peer that does not read. */
  block(): void {
    this.#blocked = true;
  }

  /** The transport takes bytes again. */
  unblock(): void {
    this.#blocked = false;
    if (this.#owedPong === undefined) return;
    this.writer.control(Opcode.Pong, this.#owedPong);
    this.#owedPong = undefined;
  }

  /** §5.5.3: of several pings without an answer only the latest needs one. */
  #answerPing(payload: Buffer): void {
    if (this.#sent !== undefined) return;
    if (this.#blocked) this.#owedPong = Buffer.from(payload);
    else this.writer.control(Opcode.Pong, payload);
  }
}
