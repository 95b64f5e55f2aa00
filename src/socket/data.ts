const EMPTY = Buffer.alloc(0);

/**
 * The bytes or the text of what a caller passed to `send`, `ping` or `pong`: numbers go as text, everything falsy as
 * nothing. Bytes are a view, not a copy.
 * Throws a TypeError for what is neither.
 */
export function toPayload(data: unknown): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (typeof data === 'number') return String(data);
  if (data === undefined || data === null || data === false || data === 0n) return EMPTY;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  // An array of bytes, or an object with valueOf; anything else is a TypeError that names it.
  return Buffer.from(data as never);
}

/** As `toPayload`, but text as its UTF-8. */
export function toBytes(data: unknown): Uint8Array {
  const payload = toPayload(data);
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** How many bytes a payload takes on the wire. */
export function byteLength(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
}
