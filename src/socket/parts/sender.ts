import type { Duplex } from 'node:stream';
import { encodeClose } from '../../protocol/close.ts';
import { encodeFrame } from '../../protocol/frame-encoder.ts';
import { FrameWriter, type FrameWriterOptions } from '../../protocol/frame-writer.ts';
import { nextMaskingKey } from '../../protocol/masking-keys.ts';
import { FIN, Opcode, RSV1 } from '../../protocol/opcode.ts';
import { Outbox, type SendCallback } from '../../protocol/outbox.ts';
import { callAll } from '../call-all.ts';
import { toBytes, toPayload } from '../data.ts';
import { maskingKeysOf } from '../generate-mask.ts';
import type { MessageOptions } from '../types.ts';
import type { PerMessageDeflate } from './per-message-deflate.ts';

export interface FrameOptions {
  readonly opcode: Opcode;
  readonly fin: boolean;
  readonly rsv1?: boolean;
  readonly mask?: boolean;
  /** Accepted: the payload is never changed in place. */
  readonly readOnly?: boolean;
  readonly generateMask?: (key: Buffer) => void;
}

/**
 * Messages in, frames out, on a stream. For programs that use the part of `ws` by this name; `halyard/protocol` has what
 * it is made of.
 */
export class Sender {
  readonly #writer: FrameWriter;

  constructor(
    stream: Duplex,
    extensions: { readonly 'permessage-deflate'?: PerMessageDeflate } = {},
    generateMask?: (key: Buffer) => void,
  ) {
    this.#writer = new StreamWriter(stream, {
      deflate: extensions['permessage-deflate']?.codec,
      nextMaskingKey: generateMask && maskingKeysOf(generateMask),
    });
  }

  /** One frame as bytes, in pieces to be written behind each other. */
  static frame(data: Uint8Array | string, options: FrameOptions): Buffer[] {
    const outbox = new Outbox();
    const nextKey = options.generateMask ? maskingKeysOf(options.generateMask) : nextMaskingKey;
    const first = (options.fin ? FIN : 0) | (options.rsv1 ? RSV1 : 0) | options.opcode;
    encodeFrame(outbox, first, toBytes(data), options.mask ? nextKey() : undefined);
    const pieces = outbox.take();
    outbox.forget();
    return pieces.map((piece) => Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }

  close(
    code: number | undefined,
    reason: string | Uint8Array | undefined,
    mask: boolean,
    callback?: SendCallback,
  ): void {
    this.#writer.control(Opcode.Close, encodeClose(code, reason), mask, callback);
  }

  ping(data: unknown, mask: boolean, callback?: SendCallback): void {
    this.#writer.control(Opcode.Ping, toBytes(data), mask, callback);
  }

  pong(data: unknown, mask: boolean, callback?: SendCallback): void {
    this.#writer.control(Opcode.Pong, toBytes(data), mask, callback);
  }

  send(data: unknown, options: MessageOptions, callback?: SendCallback): void {
    this.#writer.message(toPayload(data), options.binary ?? typeof data !== 'string', options, callback);
  }
}

/** Writes to any stream what was sent in a tick. */
class StreamWriter extends FrameWriter {
  readonly #stream: Duplex;

  constructor(stream: Duplex, options: FrameWriterOptions) {
    super('server', options);
    this.#stream = stream;
  }

  protected override filled(): void {
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const callbacks = this.takeCallbacks() ?? [];
    const pieces = [...this.take()];
    this.forget();
    // There is a callback without bytes where a message could not be compressed.
    const last = pieces.pop() ?? Buffer.alloc(0);
    for (const piece of pieces) this.#stream.write(piece);
    this.#stream.write(last, (error) => callAll(callbacks, error));
  }
}
