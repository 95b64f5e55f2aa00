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

/**
 * The HTTP response that refuses a handshake and ends the connection. The error's headers win over the usual ones.
 * Throws a TypeError for a header that would break the response apart.
 */
export function encodeRefusal({ status, message, headers }: HandshakeError): string {
  const all: Record<string, string> = {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(message)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => {
    // oxlint-disable-next-line no-control-regex -- what must not be in a header's value
    if (!isToken(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw new TypeError(`Invalid header ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    }
    return `${name}: ${value}\r\n`;
  });
  return `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}\r\n${lines.join('')}\r\n${message}`;
}
