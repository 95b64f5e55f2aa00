import { Buffer } from 'node:buffer';
import { encodeWholeFrame } from './frame-encoder.ts';
import { FIN, Opcode } from './opcode.ts';

/** A message that goes to many: encoded once per process, not once per socket. */
export class PreparedMessage {
  /** The payload. */
  readonly data: Buffer;
  readonly isBinary: boolean;
  #frame: Buffer | undefined;

  /** Text for a string, binary for bytes, unless `binary` says otherwise. The bytes must not be changed afterwards. */
  constructor(data: string | Uint8Array, options: { readonly binary?: boolean } = {}) {
    this.data =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.isBinary = options.binary ?? typeof data !== 'string';
  }

  /** The whole frame as a server sends it: not masked, not compressed. */
  get frame(): Buffer {
    return (this.#frame ??= encodeWholeFrame(FIN | (this.isBinary ? Opcode.Binary : Opcode.Text), this.data));
  }
}
