import { toText } from '../protocol/decode-text.ts';

/**
 * A text message as a string. Those of our own come as strings or Buffers; what others emit, or is emitted by hand, may
 * be anything. Throws a ProtocolError 1009 for more than a string can hold: from a listener, that fails the connection.
 */
export function textOf(data: unknown): string {
  // What mostly comes, and the names of Node that are global are looked up by a getter, for every message.
  if (typeof data === 'string') return data;
  return Buffer.isBuffer(data) ? toText(data) : String(data);
}
