import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Agreement, type Offer, validateUpgradeResponse } from '../../src/protocol/client-handshake.ts';
import {
  EXAMPLE_ACCEPT,
  EXAMPLE_KEY,
  type HeaderLine,
  isExtensionList,
  linesOf,
  listElements,
  manyOf,
  shuffledLines,
  viewsOf,
} from '../support/handshake-messages.ts';
import { runs } from '../support/runs.ts';

interface Exchange {
  readonly offer: Pick<Offer, 'key' | 'protocols' | 'extensions'>;
  readonly statusCode: number;
  readonly lines: readonly HeaderLine[];
}

const protocols = fc.subarray(['a', 'b', '__proto__']);
const extensions = fc.subarray(['x', 'constructor']).map((names) => names.map((name) => ({ name, params: [] })));

const exchange: fc.Arbitrary<Exchange> = fc.record({
  offer: fc.record({
    key: fc.oneof({ weight: 20, arbitrary: fc.constant(EXAMPLE_KEY) }, fc.constant('AAAAAAAAAAAAAAAAAAAAAA==')),
    protocols,
    extensions,
  }),
  statusCode: fc.oneof({ weight: 40, arbitrary: fc.constant(101) }, fc.constantFrom(100, 200, 426)),
  lines: shuffledLines(
    manyOf('Upgrade', ['websocket', 'WebSocket'], ['h2c', 'websocket, h2c', '']),
    manyOf('Connection', ['Upgrade', 'keep-alive, upgrade'], ['close', '']),
    manyOf('Sec-WebSocket-Accept', [EXAMPLE_ACCEPT], [EXAMPLE_ACCEPT.toLowerCase(), '']),
    manyOf('Sec-WebSocket-Protocol', ['a', 'b', '__proto__', undefined], ['c', 'a, b', 'A', '', 'toString']),
    manyOf(
      'Sec-WebSocket-Extensions',
      ['x', 'x; y="z"', 'constructor', 'x, constructor', undefined],
      ['x, x', 'x;', ''],
    ),
  ),
});

/** The rules of §4.1 once more, from the lines on the wire, and that of `ws` for subprotocols that were asked for. */
function isValidByTheRfc({ offer, statusCode, lines }: Exchange): boolean {
  const all = (name: string): string[] => linesOf(lines, name);
  const accept = createHash('sha1').update(`${offer.key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const [protocol, ...moreProtocols] = all('sec-websocket-protocol');
  const [list, ...moreLists] = all('sec-websocket-extensions');
  const names = list === undefined ? [] : listElements([list]).map((element) => element.split(';')[0]!.trim());
  return (
    statusCode === 101 &&
    all('upgrade').length === 1 &&
    all('upgrade')[0]!.toLowerCase() === 'websocket' &&
    listElements(all('connection')).some((element) => element.toLowerCase() === 'upgrade') &&
    all('sec-websocket-accept').length === 1 &&
    all('sec-websocket-accept')[0] === accept &&
    moreProtocols.length === 0 &&
    (protocol === undefined ? offer.protocols.length === 0 : offer.protocols.includes(protocol)) &&
    moreLists.length === 0 &&
    (list === undefined || isExtensionList(list)) &&
    new Set(names).size === names.length &&
    names.every((name) => offer.extensions.some((extension) => extension.name === name))
  );
}

it('is accepted only if the rules say so, whatever the headers and however often they come', () => {
  let accepted = 0;
  fc.assert(
    fc.property(exchange, (one) => {
      const agreement = outcome(one);
      expect(agreement !== undefined).toBe(isValidByTheRfc(one));
      if (agreement === undefined) return;
      accepted++;
      expect(agreement.protocol).toBe(linesOf(one.lines, 'sec-websocket-protocol')[0]);
    }),
    runs(20_000, 500_000),
  );
  expect(accepted).toBeGreaterThan(1_000);
});

function outcome({ offer, statusCode, lines }: Exchange): Agreement | undefined {
  try {
    return validateUpgradeResponse({ statusCode, ...viewsOf(lines) }, offer);
  } catch (error) {
    expect((error as Error).message).toMatch(/^(Invalid|Server sent|Server indicated|Unexpected server response)/);
    return undefined;
  }
}
