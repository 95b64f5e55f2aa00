import { Writable } from 'node:stream';
import { Connection, type ConnectionHandler } from '../../protocol/connection.ts';
import { FrameWriter } from '../../protocol/frame-writer.ts';
import { isBinaryType, shapeBinary } from '../binary-type.ts';
import type { BinaryType } from '../types.ts';
import type { PerMessageDeflate } from './per-message-deflate.ts';

export interface ReceiverOptions {
  readonly isServer?: boolean;
  readonly maxPayload?: number;
  readonly maxFragments?: number;
  readonly skipUTF8Validation?: boolean;
  readonly binaryType?: BinaryType;
  readonly extensions?: { readonly 'permessage-deflate'?: PerMessageDeflate };
}

/**
 * Frames in, messages out, as a stream: 'message' (data, isBinary), 'ping', 'pong', 'conclude' (code, reason), and
 * 'error'. For programs that use the part of `ws` by this name; `halyard/protocol` has what it is made of.
 */
export class Receiver extends Writable {
  readonly #connection: Connection;
  #error: Error | null = null;

  constructor(options: ReceiverOptions = {}) {
    super();
    const binaryType = isBinaryType(options.binaryType) ? options.binaryType : 'nodebuffer';
    const handler: ConnectionHandler = {
      message: (bytes, start, end, isBinary) => {
        const data = bytes.subarray(start, end);
        const ends = this.#connection.reader.takeFragmentEnds();
        this.emit('message', isBinary ? shapeBinary(binaryType, data, ends) : data, isBinary);
      },
      ping: (payload) => void this.emit('ping', payload),
      pong: (payload) => void this.emit('pong', payload),
      closing: ({ code, reason }) => void this.emit('conclude', code, reason),
      error: (error) => {
        this.#error = error;
      },
      inflated: () => this.#connection.reader.resume(),
      end: () => {},
    };
    this.#connection = new Connection(new Silence(options.isServer ? 'server' : 'client'), handler, {
      maxPayload: options.maxPayload ?? 0,
      maxFragments: options.maxFragments ?? 0,
      validateUtf8: options.skipUTF8Validation !== true,
      keepFragmentEnds: binaryType === 'fragments',
      autoPong: false,
      deflate: options.extensions?.['permessage-deflate']?.codec,
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#connection.reader.receive(chunk);
    callback(this.#error);
  }
}

/** Nobody takes what the core would answer. */
class Silence extends FrameWriter {
  protected override filled(): void {
    this.take();
    this.recycle();
  }
}
