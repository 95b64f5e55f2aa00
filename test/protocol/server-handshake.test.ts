import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.ts';
import { encodeUpgradeResponse, type Upgrade, validateUpgrade } from '../../src/protocol/server-handshake.ts';
import { EXAMPLE_ACCEPT, EXAMPLE_KEY, EXAMPLE_REQUEST, viewsOf, withHeaders } from '../support/handshake-messages.ts';

type Changes = Parameters<typeof withHeaders>[1];

const validate = (changes: Changes = {}, { method = 'GET', httpVersion = '1.1' } = {}): Upgrade =>
  validateUpgrade({ method, httpVersion, ...viewsOf(withHeaders(EXAMPLE_REQUEST, changes)) });

function refusal(work: () => unknown): HandshakeError {
  try {
    work();
  } catch (error) {
    if (error instanceof HandshakeError) return error;
    throw error;
  }
  throw new Error('The request was accepted');
}

describe('validateUpgrade', () => {
  it('accepts the least that §4.2.1 asks for', () => {
    expect(validate()).toEqual({
      key: EXAMPLE_KEY,
      version: 13,
      protocols: new Set(),
      extensions: [],
      origin: undefined,
    });
  });

  it('tells what the client asks for, in its order', () => {
    const upgrade = validate({
      Origin: 'http://example.com',
      'Sec-WebSocket-Protocol': ['superchat, chat', 'constructor'],
      'Sec-WebSocket-Extensions': ['foo; a="1"', 'foo, __proto__'],
    });
    expect([...upgrade.protocols]).toEqual(['superchat', 'chat', 'constructor']);
    expect(upgrade.extensions.map(({ name }) => name)).toEqual(['foo', 'foo', '__proto__']);
    expect(upgrade.extensions[0]!.params).toEqual([['a', '1']]);
    expect(upgrade.origin).toBe('http://example.com');
  });

  it('reads the origin of version 8 from its own header', () => {
    const both = { Origin: 'http://a.example', 'Sec-WebSocket-Origin': 'http://b.example' };
    expect(validate({ ...both, 'Sec-WebSocket-Version': '8' })).toMatchObject({
      version: 8,
      origin: 'http://b.example',
    });
    expect(validate(both)).toMatchObject({ version: 13, origin: 'http://a.example' });
  });

  it.each<[string, Changes]>([
    ['Upgrade in any case', { upgrade: 'WebSocket' }],
    ['Upgrade in a list', { Upgrade: 'h2c, websocket' }],
    ['Connection in any case', { Connection: 'UPGRADE' }],
    ['Connection in a list, as Firefox sends it', { Connection: 'keep-alive, Upgrade' }],
    ['Connection in two lines', { Connection: ['keep-alive', 'Upgrade'] }],
    ['names in any case', { 'SEC-WEBSOCKET-KEY': EXAMPLE_KEY, host: 'a' }],
    ['a body of no bytes', { 'Content-Length': '0' }],
    ['a body of no bytes in many zeros', { 'Content-Length': '000' }],
    ['headers that nobody knows', { constructor: 'a', __proto: 'b', 'X-Upgrade': 'c' }],
  ])('accepts %s', (_, changes) => {
    expect(validate(changes).key).toBe(EXAMPLE_KEY);
  });

  it('accepts a higher HTTP/1', () => {
    expect(validate({}, { httpVersion: '1.2' }).key).toBe(EXAMPLE_KEY);
  });

  it.each(['POST', 'HEAD', 'get', 'OPTIONS', 'CONNECT'])('answers %s with 405 and Allow', (method) => {
    expect(refusal(() => validate({}, { method }))).toMatchObject({ status: 405, headers: { Allow: 'GET' } });
  });

  it.each(['1.0', '0.9', '2.0', '', '1', '11', '1.1 '])('answers HTTP version %j with 400', (httpVersion) => {
    expect(refusal(() => validate({}, { httpVersion })).status).toBe(400);
  });

  it.each<[string, Changes, string]>([
    ['no Host', { Host: undefined }, 'Missing or invalid Host header'],
    ['an empty Host', { Host: '' }, 'Missing or invalid Host header'],
    ['two Hosts', { Host: ['a', 'b'] }, 'Missing or invalid Host header'],
    ['one Host twice', { Host: ['a', 'a'] }, 'Missing or invalid Host header'],
    ['no Upgrade', { Upgrade: undefined }, 'Invalid Upgrade header'],
    ['an empty Upgrade', { Upgrade: '' }, 'Invalid Upgrade header'],
    ['another Upgrade', { Upgrade: 'h2c' }, 'Invalid Upgrade header'],
    ['an Upgrade that only begins so', { Upgrade: 'websocket2' }, 'Invalid Upgrade header'],
    ['no Connection', { Connection: undefined }, 'Invalid Connection header'],
    ['another Connection', { Connection: 'keep-alive' }, 'Invalid Connection header'],
    ['no key', { 'Sec-WebSocket-Key': undefined }, 'Missing or invalid Sec-WebSocket-Key header'],
    ['an empty key', { 'Sec-WebSocket-Key': '' }, 'Missing or invalid Sec-WebSocket-Key header'],
    ['a short key', { 'Sec-WebSocket-Key': 'AAAA' }, 'Missing or invalid Sec-WebSocket-Key header'],
    ['two keys', { 'Sec-WebSocket-Key': [EXAMPLE_KEY, EXAMPLE_KEY] }, 'Missing or invalid Sec-WebSocket-Key header'],
    ['two origins', { Origin: ['http://a.example', 'http://b.example'] }, 'Invalid Origin header'],
    ['a body', { 'Content-Length': '1' }, 'An upgrade must not have a body'],
    ['a body of a length that is none', { 'Content-Length': 'x' }, 'An upgrade must not have a body'],
    ['a body of an empty length', { 'Content-Length': '' }, 'An upgrade must not have a body'],
    ['a body of a signed length', { 'Content-Length': '+0' }, 'An upgrade must not have a body'],
    ['a body of two lengths', { 'Content-Length': ['0', '5'] }, 'An upgrade must not have a body'],
    ['a body in chunks', { 'Transfer-Encoding': 'chunked' }, 'An upgrade must not have a body'],
    ['a body in an encoding without a name', { 'Transfer-Encoding': '' }, 'An upgrade must not have a body'],
    ['an empty subprotocol', { 'Sec-WebSocket-Protocol': 'a,,b' }, 'Invalid Sec-WebSocket-Protocol header'],
    ['no subprotocol in its header', { 'Sec-WebSocket-Protocol': '' }, 'Invalid Sec-WebSocket-Protocol header'],
    ['a subprotocol twice', { 'Sec-WebSocket-Protocol': ['a', 'a'] }, 'Invalid Sec-WebSocket-Protocol header'],
    [
      'extensions that are none',
      { 'Sec-WebSocket-Extensions': 'a;' },
      'Invalid or unacceptable Sec-WebSocket-Extensions header',
    ],
    [
      'no extension in its header',
      { 'Sec-WebSocket-Extensions': '' },
      'Invalid or unacceptable Sec-WebSocket-Extensions header',
    ],
  ])('answers %s with 400', (_, changes, message) => {
    expect(refusal(() => validate(changes))).toMatchObject({ status: 400, message });
  });

  it.each([undefined, '', '12', '14', '7', '0', '013', '13.0', '+13', '0xd', '1.3e1', '13a', '١٣', '08', '13, 8'])(
    'answers version %j with 426 and those that are spoken',
    (version) => {
      expect(refusal(() => validate({ 'Sec-WebSocket-Version': version }))).toMatchObject({
        status: 426,
        message: 'Missing or invalid Sec-WebSocket-Version header',
        headers: { 'Sec-WebSocket-Version': '13, 8', Upgrade: 'websocket' },
      });
    },
  );

  it('answers a version that comes twice with 426', () => {
    expect(refusal(() => validate({ 'Sec-WebSocket-Version': ['13', '13'] })).status).toBe(426);
  });

  it('names the first fault in the order of §4.2.1', () => {
    const faults: [string, Changes[string]][] = [
      ['Host', undefined],
      ['Upgrade', undefined],
      ['Connection', undefined],
      ['Sec-WebSocket-Key', undefined],
      ['Sec-WebSocket-Version', undefined],
      ['Sec-WebSocket-Protocol', ''],
      ['Sec-WebSocket-Extensions', ''],
    ];
    for (let first = 0; first < faults.length; first++) {
      const { message } = refusal(() => validate(Object.fromEntries(faults.slice(first))));
      expect(message).toContain(faults[first]![0]);
    }
  });

  it('accepts a request that a program made, without rawHeaders, without Host, with a number for the version', () => {
    const headers = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': 13,
      'sec-websocket-key': EXAMPLE_KEY,
    } as unknown as Record<string, string>;
    expect(validateUpgrade({ method: 'GET', httpVersion: '1.1', headers })).toMatchObject({
      key: EXAMPLE_KEY,
      version: 13,
    });
  });
});

describe('encodeUpgradeResponse', () => {
  it('has the status, Upgrade and Connection in its first three lines', () => {
    expect(encodeUpgradeResponse({ key: EXAMPLE_KEY })).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${EXAMPLE_ACCEPT}`,
    ]);
  });

  it('names the subprotocol, then the extensions', () => {
    const extensions = [{ name: 'permessage-deflate', params: [['client_max_window_bits', '8'] as const] }];
    expect(encodeUpgradeResponse({ key: EXAMPLE_KEY, protocol: 'chat', extensions }).slice(4)).toEqual([
      'Sec-WebSocket-Protocol: chat',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8',
    ]);
  });

  it('has no line for extensions where there are none', () => {
    expect(encodeUpgradeResponse({ key: EXAMPLE_KEY, extensions: [] })).toHaveLength(4);
  });

  it.each(['', 'a b', 'a,b', 'a\r\nSet-Cookie: b', 'é'])('throws for the subprotocol %j', (protocol) => {
    expect(() => encodeUpgradeResponse({ key: EXAMPLE_KEY, protocol })).toThrow(TypeError);
  });

  it('throws for an extension that is no token', () => {
    const extensions = [{ name: 'a\r\nb', params: [] }];
    expect(() => encodeUpgradeResponse({ key: EXAMPLE_KEY, extensions })).toThrow(TypeError);
  });
});
