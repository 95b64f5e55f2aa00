import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.ts';
import { type Upgrade, validateUpgrade } from '../../src/protocol/server-handshake.ts';
import {
  EXAMPLE_KEY,
  type HeaderLine,
  isExtensionList,
  isTokenByPattern,
  linesOf,
  listElements,
  manyOf,
  shuffledLines,
  viewsOf,
} from '../support/handshake-messages.ts';
import { runs } from '../support/runs.ts';

interface Request {
  readonly method: string;
  readonly httpVersion: string;
  readonly lines: readonly HeaderLine[];
}

const request: fc.Arbitrary<Request> = fc.record({
  method: fc.oneof({ weight: 40, arbitrary: fc.constant('GET') }, fc.constantFrom('POST', 'get', 'HEAD')),
  httpVersion: fc.oneof({ weight: 40, arbitrary: fc.constant('1.1') }, fc.constantFrom('1.0', '1.2', '2.0')),
  lines: shuffledLines(
    manyOf('Host', ['a.example', '127.0.0.1:80'], ['']),
    manyOf(
      'Upgrade',
      ['websocket', 'WebSocket', 'h2c, websocket', ', websocket'],
      ['h2c', 'web socket', 'websocket/13'],
    ),
    manyOf('Connection', ['Upgrade', 'keep-alive, upgrade', 'UPGRADE\t,close'], ['close', 'upgraded', '\u00a0upgrade']),
    manyOf('Sec-WebSocket-Key', [EXAMPLE_KEY, 'AAAAAAAAAAAAAAAAAAAAAA=='], ['AAAAAAAAAAAAAAAAAAAAAB==', 'AAAA', '']),
    manyOf('Sec-WebSocket-Version', ['13', '8'], ['12', '013', '0xd', '13.0', '']),
    manyOf('Sec-WebSocket-Protocol', ['a', 'b, c', '__proto__', undefined], ['a,,b', '', 'a b', 'd, d']),
    manyOf('Sec-WebSocket-Extensions', ['a', 'b; c="d"', 'a, a', undefined], ['a;', '', 'b="', ',a']),
    manyOf('Content-Length', [undefined, undefined, '0'], ['1', '-0', 'x']),
    manyOf('Transfer-Encoding', [undefined], ['chunked', 'identity']),
    manyOf('Origin', ['http://a.example', 'null', undefined], []),
    manyOf('Sec-WebSocket-Origin', ['http://b.example', undefined], []),
    manyOf('constructor', ['websocket', undefined], ['upgrade']),
  ),
});

// The rules of §4.2.1 once more, from the lines on the wire. `undefined` accepts.

function statusByTheRfc({ method, httpVersion, lines }: Request): number | undefined {
  if (method !== 'GET') return 405;
  const all = (name: string): string[] => linesOf(lines, name);
  const has = (name: string, token: string): boolean =>
    listElements(all(name)).some((element) => element.toLowerCase() === token);
  const version = all('sec-websocket-version');
  const isSpoken = version.length === 1 && ['13', '8'].includes(version[0]!);
  const origins = all(version[0] === '8' ? 'sec-websocket-origin' : 'origin');
  const protocols = listElements(all('sec-websocket-protocol'));
  const extensions = all('sec-websocket-extensions');
  const untilVersion =
    ['1.1', '1.2'].includes(httpVersion) &&
    all('host').length === 1 &&
    all('host')[0] !== '' &&
    has('upgrade', 'websocket') &&
    has('connection', 'upgrade') &&
    all('content-length').length < 2 &&
    all('content-length').every((length) => length === '0') &&
    all('transfer-encoding').length === 0 &&
    all('sec-websocket-key').length === 1 &&
    /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(all('sec-websocket-key')[0]!);
  if (!untilVersion) return 400;
  if (!isSpoken) return 426;
  const rest =
    origins.length < 2 &&
    protocols.every(isTokenByPattern) &&
    new Set(protocols).size === protocols.length &&
    (extensions.length === 0 || isExtensionList(extensions.join(', ')));
  return rest ? undefined : 400;
}

it('is accepted only if the rules say so, whatever the headers and however often they come', () => {
  const seen = new Map<number | undefined, number>();
  fc.assert(
    fc.property(request, (one) => {
      const expected = statusByTheRfc(one);
      seen.set(expected, (seen.get(expected) ?? 0) + 1);
      const upgrade = outcome(one);
      if (typeof upgrade === 'number') {
        expect(upgrade).toBe(expected);
        return;
      }
      expect(expected).toBeUndefined();
      expect(upgrade.key).toBe(linesOf(one.lines, 'sec-websocket-key')[0]);
      expect([...upgrade.protocols]).toEqual(listElements(linesOf(one.lines, 'sec-websocket-protocol')));
      const origin = upgrade.version === 8 ? 'sec-websocket-origin' : 'origin';
      expect(upgrade.origin).toBe(linesOf(one.lines, origin)[0]);
    }),
    runs(20_000, 500_000),
  );
  // The property has to meet both sides of every rule.
  expect(Math.min(...[405, 400, 426, undefined].map((status) => seen.get(status) ?? 0))).toBeGreaterThan(200);
});

function outcome({ method, httpVersion, lines }: Request): Upgrade | number {
  try {
    return validateUpgrade({ method, httpVersion, ...viewsOf(lines) });
  } catch (error) {
    expect(error).toBeInstanceOf(HandshakeError);
    return (error as HandshakeError).status;
  }
}
