import { unescape } from 'node:querystring';

/** Where to dial, as `http.request` takes it. */
export interface Address {
  /** What `url` of the socket says. */
  readonly href: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** A Unix domain socket, for `ws+unix:`. */
  readonly socketPath: string | undefined;
  /** `user:password` of the URL, percent-decoded. */
  readonly auth: string | undefined;
  /** What two addresses must share to be the same host for credentials. */
  readonly authority: string;
}

const DEFAULT_PORT = { insecure: 80, secure: 443 } as const;

/**
 * Reads `ws:`, `wss:`, `http:`, `https:` and `ws+unix:/path/to.sock:/pathname?query` addresses (RFC 6455 §3). A URL
 * object is not changed. Throws a SyntaxError for anything else, and for one with a fragment.
 */
export function parseAddress(address: string | URL, base?: string): Address {
  const url = parseUrl(address, base);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';

  const isUnix = url.protocol === 'ws+unix:';
  const secure = url.protocol === 'wss:';
  if (url.protocol !== 'ws:' && !secure && !isUnix) {
    throw new SyntaxError('The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"');
  }
  if (isUnix && url.pathname === '') throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== '') throw new SyntaxError('The URL contains a fragment identifier');

  const target = url.pathname + url.search;
  const colon = isUnix ? target.indexOf(':') : -1;
  const socketPath = isUnix ? (colon === -1 ? target : target.slice(0, colon)) : undefined;
  return {
    href: url.href,
    secure,
    host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? DEFAULT_PORT[secure ? 'secure' : 'insecure'] : Number(url.port),
    path: isUnix ? (colon === -1 ? '' : target.slice(colon + 1)) : target,
    socketPath,
    auth: url.username || url.password ? `${unescape(url.username)}:${unescape(url.password)}` : undefined,
    authority: socketPath === undefined ? url.host : `unix:${socketPath}`,
  };
}

function parseUrl(address: string | URL, base?: string): URL {
  try {
    return new URL(address, base);
  } catch {
    throw new SyntaxError(`Invalid URL: ${String(address)}`);
  }
}
