import { Buffer } from 'node:buffer';
import { deflateNow, type DeflateSettings } from './deflate-settings.ts';

const NOTHING = Buffer.alloc(0);

/**
 * The payload of a message compressed once for many connections: it refers to nothing before itself, so it is legal on
 * every connection whose window, in the direction it is sent, has at least `settings.windowBits` (RFC 7692 §7.2.3.2:
 * leaning on the context is a choice of the sender, message by message). Connections with the same `settings.key` may
 * share the bytes.
 *
 * On a connection with context takeover the message enters the peer's window like any other, so the sender must call
 * `remember(payload)` on that connection's Deflater, in the order of the wire.
 */
export function deflateShared(payload: Uint8Array, settings: DeflateSettings): Buffer {
  return deflateNow(payload, settings, NOTHING, true);
}
