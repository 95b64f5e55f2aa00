import type { PerMessageDeflateOptions } from './deflate-options.ts';
import type { DeflateParams } from './deflate-parameters.ts';
import { deflateSettings } from './deflate-settings.ts';
import { Deflater } from './deflater.ts';
import { Inflater } from './inflater.ts';
import type { Role } from './role.ts';
import type { ZlibPool } from './zlib-pool.ts';

/** The two directions of one connection that has agreed on permessage-deflate. */
export interface PerMessageDeflate {
  readonly deflater: Deflater;
  readonly inflater: Inflater;
}

/**
 * What a connection in that role needs to compress as agreed. RFC 7692 §7.2. Holds next to nothing until it is used.
 * `pool` is for long messages.
 */
export function createPerMessageDeflate(
  role: Role,
  params: DeflateParams,
  options: PerMessageDeflateOptions = {},
  pool?: ZlibPool,
): PerMessageDeflate {
  const server = { bits: params.serverMaxWindowBits, takeover: !params.serverNoContextTakeover };
  const client = { bits: params.clientMaxWindowBits, takeover: !params.clientNoContextTakeover };
  const [own, peer] = role === 'server' ? [server, client] : [client, server];
  const settings = deflateSettings(own.bits, options.zlibDeflateOptions);
  const { threshold, zlibInflateOptions: { chunkSize } = {} } = options;
  return {
    deflater: new Deflater({ settings, contextTakeover: own.takeover, threshold, pool }),
    inflater: new Inflater({ windowBits: peer.bits, contextTakeover: peer.takeover, chunkSize, pool }),
  };
}
