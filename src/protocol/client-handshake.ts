import { encodeAccept } from './accept.ts';
import { encodeExtensions, type Extension, parseExtensions } from './extensions.ts';
import { countHeader, header, type HttpMessage } from './http-message.ts';
import { hasToken, isSameToken } from './tokens.ts';

/** What a client asks for. */
export interface Offer {
  readonly key: string;
  readonly version: number;
  readonly protocols: readonly string[];
  readonly extensions: readonly Extension[];
  readonly origin?: string | undefined;
}

/** What the handshake reads of a response; an `http.IncomingMessage` is one. */
export interface UpgradeResponse extends HttpMessage {
  readonly statusCode?: number | undefined;
}

/** What the server agreed to. */
export interface Agreement {
  readonly protocol: string | undefined;
  readonly extensions: readonly Extension[];
}

/** The headers that ask for an upgrade. RFC 6455 §4.1. */
export function encodeUpgradeHeaders({ key, version, protocols, extensions, origin }: Offer): Record<string, string> {
  return {
    'Sec-WebSocket-Version': String(version),
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    ...(extensions.length > 0 && { 'Sec-WebSocket-Extensions': encodeExtensions(extensions) }),
    ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(',') }),
    ...(origin && { [version < 13 ? 'Sec-WebSocket-Origin' : 'Origin']: origin }),
  };
}

/**
 * Checks an answer by RFC 6455 §4.1: the server understood, and invented neither a subprotocol nor an extension.
 * Throws an Error that says what is wrong; the connection is to be failed. Stricter than the RFC, as `ws` is: an
 * answer without a subprotocol where some were offered is an error.
 */
export function validateUpgradeResponse(
  response: UpgradeResponse,
  { key, protocols, extensions }: Pick<Offer, 'key' | 'protocols' | 'extensions'>,
): Agreement {
  if (response.statusCode !== 101) throw new Error(`Unexpected server response: ${response.statusCode}`);
  if (!isSameToken(header(response, 'upgrade') ?? '', 'websocket')) throw new Error('Invalid Upgrade header');
  if (!hasToken(header(response, 'connection'), 'upgrade')) throw new Error('Invalid Connection header');
  if (header(response, 'sec-websocket-accept') !== encodeAccept(key)) {
    throw new Error('Invalid Sec-WebSocket-Accept header');
  }
  return {
    protocol: checkProtocol(response, protocols),
    extensions: checkExtensions(response, extensions),
  };
}

function checkProtocol(response: HttpMessage, offered: readonly string[]): string | undefined {
  const protocol = header(response, 'sec-websocket-protocol');
  if (protocol === undefined) {
    if (offered.length > 0) throw new Error('Server sent no subprotocol');
    return undefined;
  }
  if (offered.length === 0) throw new Error('Server sent a subprotocol but none was requested');
  if (!offered.includes(protocol)) throw new Error('Server sent an invalid subprotocol');
  return protocol;
}

function checkExtensions(response: HttpMessage, offered: readonly Extension[]): readonly Extension[] {
  const value = header(response, 'sec-websocket-extensions');
  if (value === undefined) return [];
  if (offered.length === 0) {
    throw new Error('Server sent a Sec-WebSocket-Extensions header but no extension was requested');
  }
  let extensions: readonly Extension[];
  try {
    // §11.3.2: once in a response.
    if (countHeader(response, 'sec-websocket-extensions') > 1) throw new SyntaxError('More than one header');
    extensions = parseExtensions(value);
  } catch {
    throw new Error('Invalid Sec-WebSocket-Extensions header');
  }
  const known = extensions.every(({ name }) => offered.some((offer) => offer.name === name));
  if (!known || new Set(extensions.map(({ name }) => name)).size !== extensions.length) {
    throw new Error('Server indicated an extension that was not requested');
  }
  return extensions;
}
