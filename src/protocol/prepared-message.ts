import { Buffer } from 'node:buffer';
import type { DeflateSettings } from './deflate-settings.ts';
import { deflateShared } from './deflate-shared.ts';
import { encodeWholeFrame } from './frame-encoder.ts';
import { FIN, Opcode, RSV1 } from './opcode.ts';
import { SharedFrames } from './shared-frames.ts';

/** A message that goes to many: encoded once per process, and compressed once for all that share parameters. */
export class PreparedMessage {
  /** The payload. */
  readonly data: Buffer;
  /** Whether it is sent as binary. */
  readonly isBinary: boolean;
  #frame: SharedFrames | undefined;
  #deflated: Map<string, SharedFrames> | undefined;

  /** Text for a string, binary for bytes, unless `binary` says otherwise. The bytes must not be changed afterwards. */
  constructor(data: string | Uint8Array, options: { readonly binary?: boolean } = {}) {
    this.data =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.isBinary = options.binary ?? typeof data !== 'string';
  }

  /** The whole frame as a server sends it: not masked, not compressed. */
  get frame(): Buffer {
    return this.shared().bytes;
  }

  /**
   * The whole frame as a server sends it compressed, to connections with these settings. It refers to nothing before
   * itself, so that it is right on all of them.
   */
  deflatedFrame(settings: DeflateSettings): Buffer {
    return this.sharedDeflated(settings).bytes;
  }

  /** The frame for an outbox. @internal */
  shared(): SharedFrames {
    return (this.#frame ??= new SharedFrames(encodeWholeFrame(this.#first(), this.data)));
  }

  /** The compressed frame for an outbox. @internal */
  sharedDeflated(settings: DeflateSettings): SharedFrames {
    this.#deflated ??= new Map();
    let frame = this.#deflated.get(settings.key);
    if (frame === undefined) {
      frame = new SharedFrames(encodeWholeFrame(this.#first() | RSV1, deflateShared(this.data, settings)));
      this.#deflated.set(settings.key, frame);
    }
    return frame;
  }

  #first(): number {
    return FIN | (this.isBinary ? Opcode.Binary : Opcode.Text);
  }
}
