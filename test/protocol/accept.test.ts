import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKey, encodeAccept, isValidKey } from '../../src/protocol/accept.ts';
import { EXAMPLE_ACCEPT, EXAMPLE_KEY } from '../support/handshake-messages.ts';
import { runs } from '../support/runs.ts';

describe('encodeAccept', () => {
  it('is that of the example in §1.3', () => {
    expect(encodeAccept(EXAMPLE_KEY)).toBe(EXAMPLE_ACCEPT);
  });
});

describe('createKey', () => {
  it('makes valid keys, each once', () => {
    const keys = Array.from({ length: 1_000 }, createKey);
    expect(keys.filter((key) => !isValidKey(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('isValidKey', () => {
  it.each([
    ['the example of §1.3', EXAMPLE_KEY, true],
    ['16 zero bytes', 'AAAAAAAAAAAAAAAAAAAAAA==', true],
    ['16 bytes of ones', '/////////////////////w==', true],
    ['nothing', '', false],
    ['15 bytes', 'AAAAAAAAAAAAAAAAAAAA', false],
    ['17 bytes', 'AAAAAAAAAAAAAAAAAAAAAAA=', false],
    ['no padding', 'AAAAAAAAAAAAAAAAAAAAAA', false],
    ['one sign of padding', 'AAAAAAAAAAAAAAAAAAAAAA=', false],
    ['three signs of padding', 'AAAAAAAAAAAAAAAAAAAAA===', false],
    ['bits left over', 'AAAAAAAAAAAAAAAAAAAAAB==', false],
    ['the alphabet of URLs', '____________________-w==', false],
    ['a space', ' AAAAAAAAAAAAAAAAAAAAAA==', false],
    ['a space inside', 'AAAAAAAAAAAAAAAAAAAAA A==', false],
    ['a line end', 'AAAAAAAAAAAAAAAAAAAAAA==\n', false],
    ['two keys', `${EXAMPLE_KEY}, ${EXAMPLE_KEY}`, false],
    ['characters that are no base64', '!!!!!!!!!!!!!!!!!!!!!!==', false],
  ])('of %s', (_, key, valid) => {
    expect(isValidKey(key)).toBe(valid);
  });

  it('accepts any 16 bytes, and only what encoding the decoded bytes gives back', () => {
    const bytes = fc.uint8Array({ minLength: 14, maxLength: 18 });
    const damage = fc.option(fc.tuple(fc.nat(24), fc.constantFrom('=', 'A', 'B', '-', ' ')), { freq: 2 });
    fc.assert(
      fc.property(bytes, damage, (data, hit) => {
        const characters = [...Buffer.from(data).toString('base64')];
        if (hit) characters[hit[0]] = hit[1];
        const key = characters.join('');
        const decoded = Buffer.from(key, 'base64');
        expect(isValidKey(key)).toBe(decoded.length === 16 && decoded.toString('base64') === key);
      }),
      runs(5_000, 500_000),
    );
  });
});
