import { acceptDeflate, confirmDeflate, offerDeflate } from '../../protocol/deflate-negotiation.ts';
import { checkDeflateOptions, type PerMessageDeflateOptions } from '../../protocol/deflate-options.ts';
import { type DeflateParams, PERMESSAGE_DEFLATE } from '../../protocol/deflate-parameters.ts';
import type { Extension } from '../../protocol/extensions.ts';
import type { PerMessageDeflate as Codec } from '../../protocol/permessage-deflate.ts';
import { createDeflate } from '../deflate.ts';
import { fromConfiguration } from './header-parsers.ts';

type Callback = (error: Error | null, data?: Buffer) => void;

/**
 * The agreement on permessage-deflate and what follows from it. For programs that use the part of `ws` by this name;
 * `halyard/protocol` has what it is made of.
 */
export class PerMessageDeflate {
  static readonly extensionName = PERMESSAGE_DEFLATE;

  /** What was agreed on; null before that. */
  params: Record<string, string | true> | null = null;
  /** What compresses, once there is an agreement. @internal */
  codec: Codec | undefined;

  readonly #options: PerMessageDeflateOptions;
  readonly #isServer: boolean;
  readonly #maxPayload: number;

  constructor(options: PerMessageDeflateOptions & { readonly isServer?: boolean; readonly maxPayload?: number } = {}) {
    const { isServer = false, maxPayload = 0, ...rest } = options;
    this.#options = checkDeflateOptions(rest);
    this.#isServer = isServer;
    this.#maxPayload = maxPayload;
  }

  /** What a client asks for. */
  offer(): Record<string, string | true> {
    return toParams(offerDeflate(this.#options));
  }

  /** Agrees: a server to one of the offers, a client to the answer. Throws an Error if it cannot. */
  accept(configurations: readonly object[]): Record<string, string | true> {
    const offers = configurations.map((one) => fromConfiguration(PERMESSAGE_DEFLATE, one));
    const agreed = this.#isServer ? this.#acceptOffer(offers) : this.#acceptAnswer(offers);
    this.codec = createDeflate(this.#isServer ? 'server' : 'client', agreed.params, this.#options);
    this.params = toParams(agreed.response);
    return this.params;
  }

  /** Compresses a message, or a fragment of it. */
  compress(data: Uint8Array, fin: boolean, callback: Callback): void {
    const { deflater } = this.#agreed();
    if (deflater.isLong(data.byteLength)) deflater.deflateLater(data, fin, callback);
    else process.nextTick(callback, null, deflater.deflate(data, fin));
  }

  /** Decompresses a whole message. */
  decompress(data: Uint8Array, _fin: boolean, callback: Callback): void {
    this.#agreed().inflater.inflateLater(data, this.#maxPayload, callback);
  }

  cleanup(): void {
    this.codec = undefined;
  }

  #agreed(): Codec {
    if (this.codec === undefined) throw new Error('permessage-deflate was not agreed on');
    return this.codec;
  }

  #acceptOffer(offers: readonly Extension[]): { params: DeflateParams; response: Extension } {
    const accepted = acceptDeflate(offers, this.#options);
    if (accepted === undefined) throw new Error('None of the extension offers can be accepted');
    return accepted;
  }

  #acceptAnswer([answer]: readonly Extension[]): { params: DeflateParams; response: Extension } {
    if (answer === undefined) throw new Error('The answer has no permessage-deflate');
    return { params: confirmDeflate(answer, this.#options), response: answer };
  }
}

function toParams({ params }: Extension): Record<string, string | true> {
  return Object.fromEntries(params);
}
