/** What the handshake reads of a request or a response; an `http.IncomingMessage` is one. */
export interface HttpMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /**
   * Names and values in turn, as they came: the only place where a header that came twice shows. A message that a
   * program made, and no wire has seen, may be without (@fastify/websocket has such requests in tests).
   */
  readonly rawHeaders?: readonly string[] | undefined;
}

/**
 * A header's value; several lines of it are one list. RFC 7230 §3.2.2. Numbers, which only a program's own message
 * has, are taken as text.
 */
export function header(message: HttpMessage, name: string): string | undefined {
  const value: unknown = message.headers[name];
  if (value === undefined || typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** How often a header came. The name is given in lower case. */
export function countHeader(message: HttpMessage, name: string): number {
  const { rawHeaders } = message;
  if (rawHeaders === undefined) return message.headers[name] === undefined ? 0 : 1;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i]!;
    if (raw.length === name.length && raw.toLowerCase() === name) count++;
  }
  return count;
}
