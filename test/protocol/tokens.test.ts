import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasToken, isSameToken, isToken, trimSpace } from '../../src/protocol/tokens.ts';
import { isTokenByPattern } from '../support/handshake-messages.ts';
import { runs } from '../support/runs.ts';

describe('isToken', () => {
  it('knows the characters of RFC 7230 §3.2.6, and no other', () => {
    const allowed = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code))
      .filter(isToken)
      .join('');
    expect(allowed).toBe("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  });

  it.each(['', ' ', 'a b', 'a,b', ' a', 'a\n', 'é', '\u212a', '😀', '"a"'])('says no to %j', (value) => {
    expect(isToken(value)).toBe(false);
  });

  it('agrees with the pattern of the grammar', () => {
    const anyText = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 4 }));
    fc.assert(
      fc.property(anyText, (value) => {
        expect(isToken(value)).toBe(isTokenByPattern(value));
      }),
      runs(5_000, 500_000),
    );
  });
});

describe('trimSpace', () => {
  it.each([
    ['', ''],
    [' \t ', ''],
    [' a \t', 'a'],
    ['a b', 'a b'],
    ['\u00a0a\n', '\u00a0a\n'],
  ])('makes of %j %j', (value, trimmed) => {
    expect(trimSpace(value)).toBe(trimmed);
  });
});

describe('hasToken', () => {
  it.each([
    ['upgrade', true],
    ['Upgrade', true],
    ['UPGRADE', true],
    ['keep-alive, Upgrade', true],
    ['keep-alive,upgrade', true],
    [' \tupgrade\t , close', true],
    [',, upgrade,', true],
    ['@, upgrade', true],
    [undefined, false],
    ['', false],
    [',', false],
    ['keep-alive', false],
    ['upgrades', false],
    ['up grade', false],
    ['keep-alive upgrade', false],
    ['"upgrade"', false],
    ['upgrade;q=1', false],
    ['upgrade/13', false],
    ['\u00a0upgrade', false],
    ['upgrade\v', false],
  ])('finds upgrade in %j: %s', (value, found) => {
    expect(hasToken(value, 'upgrade')).toBe(found);
  });

  it('takes no letter for another that only Unicode thinks the same', () => {
    expect(hasToken('WEBSOC\u212aET', 'websocket')).toBe(false);
    expect(isSameToken('websoc\u212aet', 'websocket')).toBe(false);
    expect(isSameToken('WebSocket', 'websocket')).toBe(true);
  });
});
