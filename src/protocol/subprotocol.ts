import { isToken, trimSpace } from './tokens.ts';

/**
 * Reads a Sec-WebSocket-Protocol header of a request (RFC 6455 §4.1): tokens, in order of preference, none empty and
 * none twice. Throws a SyntaxError. Empty elements, which the lists of RFC 7230 §7 may have, are refused: a client
 * that writes `a,,b` has lost a name.
 */
export function parseSubprotocols(value: string): Set<string> {
  const protocols = new Set<string>();
  for (const element of value.split(',')) {
    const protocol = trimSpace(element);
    if (!isToken(protocol)) throw new SyntaxError(`"${protocol}" is not a subprotocol`);
    if (protocols.has(protocol)) throw new SyntaxError(`The "${protocol}" subprotocol is duplicated`);
    protocols.add(protocol);
  }
  return protocols;
}

/** Checks what a caller wants to offer. Throws a SyntaxError for '', 'a,b', and for what is there twice. */
export function checkSubprotocols(protocols: readonly unknown[]): void {
  for (const [i, protocol] of protocols.entries()) {
    if (typeof protocol !== 'string' || !isToken(protocol) || protocols.indexOf(protocol) !== i) {
      throw new SyntaxError('An invalid or duplicated subprotocol was specified');
    }
  }
}
