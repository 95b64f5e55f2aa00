import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptDeflate, confirmDeflate, offerDeflate } from '../../src/protocol/deflate-negotiation.ts';
import type { PerMessageDeflateOptions } from '../../src/protocol/deflate-options.ts';
import { encodeExtensions, type Extension, parseExtensions } from '../../src/protocol/extensions.ts';
import { windowBits } from '../support/deflate-messages.ts';
import { runs } from '../support/runs.ts';
import { wsExtension, WsPerMessageDeflate } from '../support/ws-deflate.ts';

const PMD = 'permessage-deflate';
const DEFAULTS = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

const written = (extension: Extension) => encodeExtensions([extension]);
const accept = (header: string, options?: PerMessageDeflateOptions) => acceptDeflate(parseExtensions(header), options);
const confirm = (header: string, options?: PerMessageDeflateOptions) =>
  confirmDeflate(parseExtensions(header)[0]!, options);

describe('offerDeflate', () => {
  it.each<[PerMessageDeflateOptions | undefined, string]>([
    [undefined, '; client_max_window_bits'],
    [{}, '; client_max_window_bits'],
    [{ clientMaxWindowBits: true }, '; client_max_window_bits'],
    [{ clientMaxWindowBits: false }, ''],
    [{ clientMaxWindowBits: 8 }, '; client_max_window_bits=8'],
    [{ serverMaxWindowBits: false }, '; client_max_window_bits'],
    [
      { clientMaxWindowBits: 10, serverMaxWindowBits: 9, clientNoContextTakeover: true, serverNoContextTakeover: true },
      '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10',
    ],
  ])('with %o', (options, params) => {
    expect(written(offerDeflate(options))).toBe(PMD + params);
  });
});

describe('acceptDeflate', () => {
  it.each<[offer: string, PerMessageDeflateOptions, response: string]>([
    ['', {}, ''],
    ['; client_max_window_bits', {}, ''],
    ['; client_max_window_bits=10', {}, '; client_max_window_bits=10'],
    ['; client_max_window_bits=10', { clientMaxWindowBits: false }, ''],
    ['; client_max_window_bits', { clientMaxWindowBits: 8 }, '; client_max_window_bits=8'],
    ['; client_max_window_bits=10', { clientMaxWindowBits: 10 }, '; client_max_window_bits=10'],
    ['; client_max_window_bits=10', { clientMaxWindowBits: true }, '; client_max_window_bits=10'],
    ['; server_max_window_bits=10', {}, '; server_max_window_bits=10'],
    ['; server_max_window_bits=10', { serverMaxWindowBits: 9 }, '; server_max_window_bits=9'],
    ['', { serverMaxWindowBits: 9 }, '; server_max_window_bits=9'],
    ['', { serverNoContextTakeover: true }, '; server_no_context_takeover'],
    ['; server_no_context_takeover', {}, '; server_no_context_takeover'],
    ['; client_no_context_takeover', {}, '; client_no_context_takeover'],
    ['', { clientNoContextTakeover: true }, '; client_no_context_takeover'],
  ])('answers "%s" with %o by "%s"', (offer, options, response) => {
    expect(written(accept(PMD + offer, options)!.response)).toBe(PMD + response);
  });

  it.each<[what: string, offer: string, PerMessageDeflateOptions?]>([
    ['an unknown parameter', '; window_bits=9'],
    ['a prototype member as a parameter', '; constructor; __proto__'],
    ['a parameter in capitals', '; Client_Max_Window_Bits'],
    ['a repeated parameter', '; client_max_window_bits; client_max_window_bits=10'],
    ['the same twice', '; server_no_context_takeover; server_no_context_takeover'],
    ['a value where none belongs', '; server_no_context_takeover=true'],
    ['a value where none belongs', '; client_no_context_takeover=1'],
    ['no value where one belongs', '; server_max_window_bits'],
    ['a window too small', '; server_max_window_bits=7'],
    ['a window too large', '; client_max_window_bits=16'],
    ['a leading zero', '; client_max_window_bits=010'],
    ['a sign', '; client_max_window_bits=+10'],
    ['a fraction', '; client_max_window_bits=10.0'],
    ['an exponent', '; client_max_window_bits=1e1'],
    ['hexadecimal digits', '; client_max_window_bits=0xa'],
    ['a member of Map', '; client_max_window_bits=size'],
    ['a client window that it did not put up', '', { clientMaxWindowBits: 10 }],
    ['a client window smaller than wanted', '; client_max_window_bits=9', { clientMaxWindowBits: 10 }],
    ['a server window smaller than wanted', '; server_max_window_bits=9', { serverMaxWindowBits: 10 }],
    ['a server window where none is given', '; server_max_window_bits=9', { serverMaxWindowBits: false }],
    ['a server without context', '; server_no_context_takeover', { serverNoContextTakeover: false }],
  ])('declines %s: "%s"', (_, offer, options) => {
    expect(accept(PMD + offer, options)).toBeUndefined();
  });

  it('takes the first offer that it can, past others that it cannot', () => {
    const header = `${PMD}; x, x-other, ${PMD}; server_max_window_bits=8, ${PMD}; client_max_window_bits=9, ${PMD}`;
    const accepted = accept(header, { serverMaxWindowBits: 10 })!;
    expect(written(accepted.response)).toBe(`${PMD}; server_max_window_bits=10; client_max_window_bits=9`);
    expect(accepted.params).toEqual({ ...DEFAULTS, serverMaxWindowBits: 10, clientMaxWindowBits: 9 });
    expect(accept('x-other, permessage-deflate2')).toBeUndefined();
    expect(acceptDeflate([])).toBeUndefined();
  });
});

describe('confirmDeflate', () => {
  it.each<[response: string, PerMessageDeflateOptions, Partial<typeof DEFAULTS>]>([
    ['', {}, {}],
    ['; client_max_window_bits=8', {}, { clientMaxWindowBits: 8 }],
    ['; client_max_window_bits=9', { clientMaxWindowBits: 10 }, { clientMaxWindowBits: 9 }],
    ['', { clientMaxWindowBits: 10 }, { clientMaxWindowBits: 10 }],
    ['; server_max_window_bits=9', {}, { serverMaxWindowBits: 9 }],
    ['; server_max_window_bits=9', { serverMaxWindowBits: 10 }, { serverMaxWindowBits: 9 }],
    ['; server_no_context_takeover', {}, { serverNoContextTakeover: true }],
    ['; client_no_context_takeover', {}, { clientNoContextTakeover: true }],
    ['', { clientNoContextTakeover: true }, { clientNoContextTakeover: true }],
  ])('takes "%s" for %o', (response, options, params) => {
    expect(confirm(PMD + response, options)).toEqual({ ...DEFAULTS, ...params });
  });

  it.each<[response: string, PerMessageDeflateOptions, message: string]>([
    ['; x', {}, 'Unknown parameter "x"'],
    ['; client_max_window_bits', {}, 'Invalid value for parameter "client_max_window_bits": true'],
    ['; client_max_window_bits=08', {}, 'Invalid value for parameter "client_max_window_bits": 08'],
    ['; client_max_window_bits=9; client_max_window_bits=9', {}, 'must have only a single value'],
    [
      '; client_max_window_bits=9',
      { clientMaxWindowBits: false },
      'Unexpected or invalid parameter "client_max_window_bits"',
    ],
    [
      '; client_max_window_bits=11',
      { clientMaxWindowBits: 10 },
      'Unexpected or invalid parameter "client_max_window_bits"',
    ],
    ['; server_max_window_bits', {}, 'Invalid value for parameter "server_max_window_bits": true'],
    [
      '; server_max_window_bits=11',
      { serverMaxWindowBits: 10 },
      'Missing or invalid parameter "server_max_window_bits"',
    ],
    ['', { serverMaxWindowBits: 10 }, 'Missing or invalid parameter "server_max_window_bits"'],
    ['', { serverNoContextTakeover: true }, 'Missing parameter "server_no_context_takeover"'],
    ['; server_no_context_takeover=1', {}, 'Invalid value for parameter "server_no_context_takeover": 1'],
    [
      '; client_no_context_takeover',
      { clientNoContextTakeover: false },
      'Unexpected parameter "client_no_context_takeover"',
    ],
  ])('refuses "%s" for %o', (response, options, message) => {
    expect(() => confirm(PMD + response, options)).toThrow(message);
  });
});

const bitsOption = fc.option(fc.oneof(windowBits, fc.boolean()), { nil: undefined });
const flagOption = fc.option(fc.boolean(), { nil: undefined });
const options: fc.Arbitrary<PerMessageDeflateOptions> = fc.record(
  {
    serverNoContextTakeover: flagOption,
    clientNoContextTakeover: flagOption,
    serverMaxWindowBits: bitsOption,
    clientMaxWindowBits: bitsOption,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<PerMessageDeflateOptions>;

const parameter = fc.oneof(
  fc.constantFrom<[string, string | true]>(
    ['server_no_context_takeover', true],
    ['client_no_context_takeover', true],
    ['client_max_window_bits', true],
  ),
  fc.tuple(fc.constantFrom('server_max_window_bits', 'client_max_window_bits'), windowBits.map(String)),
  fc.tuple(
    fc.constantFrom('server_no_context_takeover', 'server_max_window_bits', 'client_max_window_bits', 'toString', 'x'),
    fc.constantFrom<string | true>(true, '7', '08', '16', '0', 'ten', '1e1'),
  ),
);
const offers: fc.Arbitrary<Extension[]> = fc.array(
  fc.record({ name: fc.constantFrom(PMD, PMD, PMD, 'x-other'), params: fc.array(parameter, { maxLength: 4 }) }),
  { maxLength: 4 },
);

const isWindow = (value: unknown) => typeof value === 'string' && /^(8|9|1[0-5])$/.test(value);

/** §7.1 read once more: which response a server may give to an offer. */
function isLegal({ params: asked }: Extension, { params: told }: Extension): boolean {
  const ask = new Map(asked);
  const tell = new Map(told);
  for (const [map, list] of [
    [ask, asked],
    [tell, told],
  ] as const) {
    if (map.size !== list.length) return false;
    for (const [name, value] of list) {
      if (name.endsWith('_no_context_takeover') && /^(server|client)_/.test(name)) {
        if (value !== true) return false;
      } else if (name === 'server_max_window_bits') {
        if (!isWindow(value)) return false;
      } else if (name === 'client_max_window_bits') {
        if (!isWindow(value) && !(value === true && map === ask)) return false;
      } else return false;
    }
  }
  if (ask.has('server_no_context_takeover') && !tell.has('server_no_context_takeover')) return false;
  if (
    ask.has('server_max_window_bits') &&
    !(Number(tell.get('server_max_window_bits')) <= Number(ask.get('server_max_window_bits')))
  )
    return false;
  const [asks, tells] = [ask.get('client_max_window_bits'), tell.get('client_max_window_bits')];
  if (tells === undefined) return true;
  return asks === true || (asks !== undefined && Number(tells) <= Number(asks));
}

describe('the negotiation', () => {
  it('answers only what may be answered, and the first offer that may', () => {
    fc.assert(
      fc.property(offers, options, (offered, serverOptions) => {
        const accepted = acceptDeflate(offered, serverOptions);
        const alone = offered.map((offer) => acceptDeflate([offer], serverOptions));
        expect(accepted).toEqual(alone.find((each) => each !== undefined));
        for (const [i, each] of alone.entries()) {
          if (each !== undefined) expect(isLegal(offered[i]!, each.response)).toBe(true);
          // With no wish of its own a server takes every offer that the RFC allows.
          else if (offered[i]!.name === PMD && acceptDeflate([offered[i]!]) === undefined) {
            expect(isLegal(offered[i]!, offered[i]!)).toBe(false);
          }
        }
      }),
      runs(5000, 500_000),
    );
  });

  it('leaves both sides with the same agreement', () => {
    fc.assert(
      fc.property(options, options, (clientOptions, serverOptions) => {
        const offer = offerDeflate(clientOptions);
        const accepted = acceptDeflate([offer], serverOptions);
        if (accepted === undefined) return;
        if (clientOptions.clientNoContextTakeover === false && accepted.params.clientNoContextTakeover) {
          expect(() => confirmDeflate(accepted.response, clientOptions)).toThrow('client_no_context_takeover');
          return;
        }
        const confirmed = confirmDeflate(accepted.response, clientOptions);
        // The client may know of a limit of its own that the server did not repeat.
        expect(confirmed.clientMaxWindowBits).toBeLessThanOrEqual(accepted.params.clientMaxWindowBits);
        expect({ ...confirmed, clientMaxWindowBits: 0 }).toEqual({ ...accepted.params, clientMaxWindowBits: 0 });
      }),
      runs(5000, 500_000),
    );
  });

  it('comes to terms with ws, on either side', () => {
    // `true` for the server's window makes ws write a parameter without its value.
    const forWs = options.filter(({ serverMaxWindowBits }) => serverMaxWindowBits !== true);
    fc.assert(
      fc.property(options, forWs, (ours, theirs) => {
        const wsClient = new WsPerMessageDeflate({ ...theirs });
        const accepted = acceptDeflate(parseExtensions(wsExtension.format({ [PMD]: wsClient.offer() })), ours);
        const isRefused = theirs.clientNoContextTakeover === false && accepted?.params.clientNoContextTakeover === true;
        if (accepted !== undefined && !isRefused) {
          const agreed = wsClient.accept(wsExtension.parse(written(accepted.response))[PMD]!);
          expect(agreed['server_max_window_bits'] ?? 15).toBe(accepted.params.serverMaxWindowBits);
          expect(agreed['server_no_context_takeover'] ?? false).toBe(accepted.params.serverNoContextTakeover);
        }
        const wsServer = new WsPerMessageDeflate({ ...theirs, isServer: true });
        let answer;
        try {
          answer = wsServer.accept(wsExtension.parse(written(offerDeflate(ours)))[PMD]!);
        } catch {
          expect(acceptDeflate([offerDeflate(ours)], theirs)).toBeUndefined();
          return;
        }
        const response = parseExtensions(wsExtension.format({ [PMD]: answer as Record<string, number | true> }))[0]!;
        if (ours.clientNoContextTakeover === false && answer['client_no_context_takeover']) return;
        const agreed = confirmDeflate(response, ours);
        expect(agreed.serverMaxWindowBits).toBe(answer['server_max_window_bits'] ?? 15);
        expect(agreed.clientMaxWindowBits).toBeLessThanOrEqual((answer['client_max_window_bits'] as number) ?? 15);
      }),
      runs(5000, 500_000),
    );
  });
});
