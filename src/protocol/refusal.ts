import { Buffer } from 'node:buffer';
import type { HandshakeError } from './errors.ts';
import { isToken } from './tokens.ts';

/** The reason phrases of the statuses that a handshake is refused with; others go without. RFC 9110 §15. */
const PHRASES: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** What says where the response ends is written here, and is not a hook's to choose. */
const OWN_HEADERS = ['connection', 'content-length', 'transfer-encoding'];

/**
 * The HTTP response that refuses a handshake and ends the connection. The body is the message, as plain text unless
 * the error's headers have a Content-Type; of those, Connection, Content-Length and Transfer-Encoding are left out.
 * Throws a TypeError for a header that would break the response apart.
 */
export function encodeRefusal({
  status,
  message,
  headers,
}: Pick<HandshakeError, 'status' | 'message' | 'headers'>): string {
  const given = Object.entries(headers).filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase()));
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  const lines = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}`,
    // RFC 9110 §7.8: who sends Upgrade, as 426 must, names it in Connection.
    `Connection: ${has('upgrade') ? 'close, Upgrade' : 'close'}`,
    ...(has('content-type') ? [] : ['Content-Type: text/plain; charset=utf-8']),
    `Content-Length: ${Buffer.byteLength(message)}`,
    ...given.map(([name, value]) => encodeHeader(name, String(value))),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${message}`;
}

/** RFC 7230 §3.2. Beyond Latin-1 there are characters whose low byte ends a line. */
function encodeHeader(name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- what must not be in a header's value
  if (!isToken(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new TypeError(`Invalid header ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  }
  return `${name}: ${value}`;
}
