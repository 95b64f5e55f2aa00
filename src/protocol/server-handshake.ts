import { encodeAccept, isValidKey } from './accept.ts';
import { HandshakeError } from './errors.ts';
import { encodeExtensions, type Extension, parseExtensions } from './extensions.ts';
import { countHeader, header, type HttpMessage } from './http-message.ts';
import { parseSubprotocols } from './subprotocol.ts';
import { hasToken, isToken } from './tokens.ts';

/** What the handshake reads of a request; an `http.IncomingMessage` is one. */
export interface UpgradeRequest extends HttpMessage {
  readonly method?: string | undefined;
  readonly httpVersion: string;
}

/** What a valid request asks for. */
export interface Upgrade {
  readonly key: string;
  /** 13, or 8, which differs in the name of the Origin header only. */
  readonly version: 8 | 13;
  /** In the order of the client's preference. */
  readonly protocols: ReadonlySet<string>;
  readonly extensions: readonly Extension[];
  /** Where a browser's page comes from. RFC 6455 §10.2. */
  readonly origin: string | undefined;
}

/**
 * Checks a request for an upgrade by RFC 6455 §4.2.1, in its order. Throws the `HandshakeError` to answer with: 405
 * for a method other than GET, 426 for a version that is not spoken here, else 400.
 */
export function validateUpgrade(request: UpgradeRequest): Upgrade {
  if (request.method !== 'GET') throw new HandshakeError(405, 'Invalid HTTP method', { Allow: 'GET' });
  const { httpVersion } = request;
  if (httpVersion !== '1.1' && !/^1\.[1-9]$/.test(httpVersion)) throw new HandshakeError(400, 'HTTP/1.1 is required');
  checkHost(request);
  if (!hasToken(header(request, 'upgrade'), 'websocket')) throw new HandshakeError(400, 'Invalid Upgrade header');
  if (!hasToken(header(request, 'connection'), 'upgrade')) throw new HandshakeError(400, 'Invalid Connection header');
  refuseBody(request);
  // One that comes twice is a list, and no key.
  const key = header(request, 'sec-websocket-key');
  if (key === undefined || !isValidKey(key)) {
    throw new HandshakeError(400, 'Missing or invalid Sec-WebSocket-Key header');
  }
  const version = parseVersion(request);
  const origin = version === 8 ? 'sec-websocket-origin' : 'origin';
  // Two would be handed to the check of origins as one text, for a careless pattern to find its own in.
  if (countHeader(request, origin) > 1) throw new HandshakeError(400, 'Invalid Origin header');
  return {
    key,
    version,
    protocols: parseProtocolHeader(request),
    extensions: parseExtensionHeader(request),
    origin: header(request, origin),
  };
}

/** §4.2.1: one Host that is not empty. A request that no wire has seen (no `rawHeaders`) may be without. */
function checkHost(request: UpgradeRequest): void {
  if (request.rawHeaders === undefined) return;
  if (countHeader(request, 'host') !== 1 || !header(request, 'host')) {
    throw new HandshakeError(400, 'Missing or invalid Host header');
  }
}

/** Bytes behind the request are frames; a body that claims them would hide them, or smuggle something in. */
function refuseBody(request: UpgradeRequest): void {
  const length = header(request, 'content-length');
  const isEmpty = length === undefined || (/^0+$/.test(length) && countHeader(request, 'content-length') === 1);
  if (!isEmpty || header(request, 'transfer-encoding') !== undefined) {
    throw new HandshakeError(400, 'An upgrade must not have a body');
  }
}

/**
 * §4.4: exactly `13` or `8`, not a number that equals it; anything else learns what is spoken here. So does a request
 * without a version, for which the RFC has no status of its own.
 */
function parseVersion(request: UpgradeRequest): 8 | 13 {
  const version = header(request, 'sec-websocket-version');
  if (version === '13') return 13;
  if (version === '8') return 8;
  const message = 'Missing or invalid Sec-WebSocket-Version header';
  throw new HandshakeError(426, message, { 'Sec-WebSocket-Version': '13, 8', Upgrade: 'websocket' });
}

function parseProtocolHeader(request: UpgradeRequest): ReadonlySet<string> {
  const value = header(request, 'sec-websocket-protocol');
  if (value === undefined) return new Set();
  try {
    return parseSubprotocols(value);
  } catch {
    throw new HandshakeError(400, 'Invalid Sec-WebSocket-Protocol header');
  }
}

function parseExtensionHeader(request: UpgradeRequest): readonly Extension[] {
  const value = header(request, 'sec-websocket-extensions');
  if (value === undefined) return [];
  try {
    return parseExtensions(value);
  } catch {
    throw new HandshakeError(400, 'Invalid or unacceptable Sec-WebSocket-Extensions header');
  }
}

/** The answer that accepts, line by line without their ends: status, Upgrade, Connection, Accept, the rest. §4.2.2. */
export function encodeUpgradeResponse(accepted: {
  readonly key: string;
  readonly protocol?: string | undefined;
  readonly extensions?: readonly Extension[] | undefined;
}): string[] {
  const { key, protocol, extensions = [] } = accepted;
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${encodeAccept(key)}`,
  ];
  if (protocol !== undefined) {
    if (!isToken(protocol)) throw new TypeError(`A subprotocol must be a token, got ${JSON.stringify(protocol)}`);
    lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  }
  if (extensions.length > 0) lines.push(`Sec-WebSocket-Extensions: ${encodeExtensions(extensions)}`);
  return lines;
}
