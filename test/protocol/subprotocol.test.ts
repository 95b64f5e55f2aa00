import * as ws from 'ws';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSubprotocols, parseSubprotocols } from '../../src/protocol/subprotocol.ts';
import { isTokenByPattern, listElements } from '../support/handshake-messages.ts';
import { bestTime } from '../support/best-time.ts';
import { runs } from '../support/runs.ts';

/** `ws` exports it, its types do not. */
const { subprotocol } = ws as unknown as { subprotocol: { parse(value: string): Set<string> } };

describe('parseSubprotocols', () => {
  it.each([
    ['chat', ['chat']],
    ['chat, superchat', ['chat', 'superchat']],
    ['b,a', ['b', 'a']],
    [' \ta , b\t', ['a', 'b']],
    ['a,A', ['a', 'A']],
    ['v12.stomp,graphql-transport-ws', ['v12.stomp', 'graphql-transport-ws']],
    ['constructor, __proto__, toString', ['constructor', '__proto__', 'toString']],
  ])('reads %j', (value, protocols) => {
    expect([...parseSubprotocols(value)]).toEqual(protocols);
  });

  it.each(['', ' ', ',', 'a,', ',a', 'a,,b', 'a, ,b', 'a b', 'a;b', 'a/b', '"a"', 'a,a', 'a, b, a', 'é', 'a\u00a0'])(
    'refuses %j',
    (value) => {
      expect(() => parseSubprotocols(value)).toThrow(SyntaxError);
    },
  );

  const anyList = fc
    .array(fc.constantFrom('a', 'b', 'A', 'chat', '__proto__', ',', ', ', ' ', '\t', '/', 'é', ''), { maxLength: 9 })
    .map((parts) => parts.join(''));

  it('accepts tokens that are all different, and nothing else', () => {
    fc.assert(
      fc.property(anyList, (value) => {
        const elements = listElements([value]);
        const legal = elements.every(isTokenByPattern) && new Set(elements).size === elements.length;
        expect(outcome(parseSubprotocols, value)).toEqual(legal ? elements : 'refused');
      }),
      runs(5_000, 500_000),
    );
  });

  it('reads what ws reads, as ws reads it', () => {
    fc.assert(
      fc.property(anyList, (value) => {
        const theirs = outcome((text) => subprotocol.parse(text), value);
        if (theirs !== 'refused') expect(outcome(parseSubprotocols, value)).toEqual(theirs);
      }),
      runs(5_000, 500_000),
    );
  });

  it.each([
    ['different names', Array.from({ length: 3_500 }, (_, i) => i.toString(36)).join(',')],
    ['one name', 'a'.repeat(16_384)],
    ['commas', ','.repeat(16_384)],
    ['spaces', `a${' '.repeat(16_384)}b`],
  ])('takes less than 5 ms for 16 KiB of %s', (_, value) => {
    expect(bestTime(() => outcome(parseSubprotocols, value))).toBeLessThan(5);
  });
});

describe('checkSubprotocols', () => {
  it.each([[[]], [['a']], [['a', 'A', 'constructor']]])('lets %j pass', (protocols) => {
    expect(() => checkSubprotocols(protocols)).not.toThrow();
  });

  it.each([[['']], [['a,b']], [['a', 'a']], [['a b']], [['é']], [[null]], [[undefined]], [[1]], [['a', ['b']]]])(
    'refuses %j',
    (protocols) => {
      expect(() => checkSubprotocols(protocols as unknown[])).toThrow(
        new SyntaxError('An invalid or duplicated subprotocol was specified'),
      );
    },
  );
});

function outcome(parse: (value: string) => Iterable<string>, value: string): readonly string[] | 'refused' {
  try {
    return [...parse(value)];
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return 'refused';
  }
}
