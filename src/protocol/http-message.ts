/** What the handshake reads of a request or a response; an `http.IncomingMessage` is one. */
export interface HttpMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, as they came: the only place where a header that came twice shows. */
  readonly rawHeaders: readonly string[];
}

/** A header's value; several lines of it are one list. RFC 7230 §3.2.2. */
export function header(message: HttpMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** How often a header came. */
export function countHeader(message: HttpMessage, name: string): number {
  let count = 0;
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const raw = message.rawHeaders[i]!;
    if (raw.length === name.length && raw.toLowerCase() === name) count++;
  }
  return count;
}
