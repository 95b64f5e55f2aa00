import { describe, expect, it } from 'vitest';
import { encodeUpgradeHeaders, type Offer, validateUpgradeResponse } from '../../src/protocol/client-handshake.ts';
import type { Extension } from '../../src/protocol/extensions.ts';
import { validateUpgrade } from '../../src/protocol/server-handshake.ts';
import { EXAMPLE_ACCEPT, EXAMPLE_KEY, EXAMPLE_RESPONSE, viewsOf, withHeaders } from '../support/handshake-messages.ts';

const plain: Offer = { key: EXAMPLE_KEY, version: 13, protocols: [], extensions: [] };
const deflate: Extension = { name: 'permessage-deflate', params: [['client_max_window_bits', true]] };

describe('encodeUpgradeHeaders', () => {
  it('has what §4.1 asks for, and no more', () => {
    expect(encodeUpgradeHeaders(plain)).toEqual({
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': EXAMPLE_KEY,
    });
  });

  it('has what is offered', () => {
    const origin = 'http://example.com';
    expect(encodeUpgradeHeaders({ ...plain, protocols: ['a', 'b'], extensions: [deflate], origin })).toMatchObject({
      'Sec-WebSocket-Protocol': 'a,b',
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
      Origin: origin,
    });
  });

  it('names the origin as version 8 does', () => {
    const headers = encodeUpgradeHeaders({ ...plain, version: 8, origin: 'http://example.com' });
    expect(headers).toMatchObject({ 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'http://example.com' });
    expect(headers).not.toHaveProperty('Origin');
  });

  it.each([8, 13] as const)('is what a server accepts, version %i', (version) => {
    const offer = { ...plain, version, protocols: ['a', 'b'], extensions: [deflate], origin: 'http://example.com' };
    const lines = Object.entries({ Host: 'server.example.com', ...encodeUpgradeHeaders(offer) });
    expect(validateUpgrade({ method: 'GET', httpVersion: '1.1', ...viewsOf(lines) })).toEqual({
      ...offer,
      protocols: new Set(offer.protocols),
    });
  });
});

describe('validateUpgradeResponse', () => {
  type Changes = Parameters<typeof withHeaders>[1];
  const validate = (changes: Changes, offer: Partial<Offer> = {}, statusCode = 101) =>
    validateUpgradeResponse({ statusCode, ...viewsOf(withHeaders(EXAMPLE_RESPONSE, changes)) }, { ...plain, ...offer });

  it('accepts the least that §4.2.2 asks for', () => {
    expect(validate({})).toEqual({ protocol: undefined, extensions: [] });
  });

  it('tells what the server agreed to', () => {
    const changes = { 'Sec-WebSocket-Protocol': 'b', 'Sec-WebSocket-Extensions': 'permessage-deflate; x="1"' };
    expect(validate(changes, { protocols: ['a', 'b'], extensions: [deflate] })).toEqual({
      protocol: 'b',
      extensions: [{ name: 'permessage-deflate', params: [['x', '1']] }],
    });
  });

  it.each<[string, Changes]>([
    ['Upgrade in any case', { Upgrade: 'WEBSOCKET' }],
    ['Connection in any case', { connection: 'upgrade' }],
    ['Connection in a list', { Connection: 'keep-alive, Upgrade' }],
  ])('accepts %s', (_, changes) => {
    expect(validate(changes).protocol).toBeUndefined();
  });

  it('accepts an answer without the extension that was offered', () => {
    expect(validate({}, { extensions: [deflate] }).extensions).toEqual([]);
  });

  it.each([100, 200, 204, 301, 401, 426, 500, 0])('fails for status %i', (status) => {
    expect(() => validate({}, {}, status)).toThrow(`Unexpected server response: ${status}`);
  });

  it.each<[string, Changes, string]>([
    ['no Upgrade', { Upgrade: undefined }, 'Invalid Upgrade header'],
    ['another Upgrade', { Upgrade: 'h2c' }, 'Invalid Upgrade header'],
    ['several Upgrades', { Upgrade: 'websocket, h2c' }, 'Invalid Upgrade header'],
    ['no Connection', { Connection: undefined }, 'Invalid Connection header'],
    ['another Connection', { Connection: 'close' }, 'Invalid Connection header'],
    ['no Accept', { 'Sec-WebSocket-Accept': undefined }, 'Invalid Sec-WebSocket-Accept header'],
    ['an empty Accept', { 'Sec-WebSocket-Accept': '' }, 'Invalid Sec-WebSocket-Accept header'],
    [
      'an Accept in another case',
      { 'Sec-WebSocket-Accept': EXAMPLE_ACCEPT.toUpperCase() },
      'Invalid Sec-WebSocket-Accept header',
    ],
    ['the key for Accept', { 'Sec-WebSocket-Accept': EXAMPLE_KEY }, 'Invalid Sec-WebSocket-Accept header'],
    [
      'two Accepts',
      { 'Sec-WebSocket-Accept': [EXAMPLE_ACCEPT, EXAMPLE_ACCEPT] },
      'Invalid Sec-WebSocket-Accept header',
    ],
  ])('fails for %s', (_, changes, message) => {
    expect(() => validate(changes)).toThrow(new Error(message));
  });

  it.each<[string, string[], string | string[] | undefined, string]>([
    ['none of those that were offered', ['a'], undefined, 'Server sent no subprotocol'],
    ['one although none was offered', [], 'a', 'Server sent a subprotocol but none was requested'],
    ['an empty one although none was offered', [], '', 'Server sent a subprotocol but none was requested'],
    ['another', ['a'], 'b', 'Server sent an invalid subprotocol'],
    ['an empty one', ['a'], '', 'Server sent an invalid subprotocol'],
    ['it in another case', ['a'], 'A', 'Server sent an invalid subprotocol'],
    ['all', ['a', 'b'], 'a, b', 'Server sent an invalid subprotocol'],
    ['two', ['a', 'b'], ['a', 'b'], 'Server sent an invalid subprotocol'],
    ['one twice', ['a'], ['a', 'a'], 'Server sent an invalid subprotocol'],
    ['a name of all objects', ['a'], 'constructor', 'Server sent an invalid subprotocol'],
  ])('fails for a server that takes as subprotocol %s', (_, protocols, value, message) => {
    expect(() => validate({ 'Sec-WebSocket-Protocol': value }, { protocols })).toThrow(new Error(message));
  });

  const UNASKED = 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';
  const INVALID = 'Invalid Sec-WebSocket-Extensions header';
  const UNKNOWN = 'Server indicated an extension that was not requested';
  it.each<[string, Extension[], string | string[], string]>([
    ['one although none was offered', [], 'permessage-deflate', UNASKED],
    ['a list that is none', [deflate], 'permessage-deflate;', INVALID],
    ['an empty list', [deflate], '', INVALID],
    ['a list in two lines', [deflate], ['permessage-deflate', 'permessage-deflate'], INVALID],
    ['another', [deflate], 'foo', UNKNOWN],
    ['another besides', [deflate], 'permessage-deflate, foo', UNKNOWN],
    ['it twice', [deflate], 'permessage-deflate, permessage-deflate', UNKNOWN],
    ['it in another case', [deflate], 'Permessage-Deflate', UNKNOWN],
    ['a name of all objects', [deflate], 'constructor', UNKNOWN],
  ])('fails for a server that takes as extension %s', (_, extensions, value, message) => {
    expect(() => validate({ 'Sec-WebSocket-Extensions': value }, { extensions })).toThrow(new Error(message));
  });
});
