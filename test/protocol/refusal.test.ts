import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.ts';
import { encodeRefusal } from '../../src/protocol/refusal.ts';
import { runs } from '../support/runs.ts';

const refuse = (status: number, message: string, headers?: Record<string, string>): string =>
  encodeRefusal(new HandshakeError(status, message, headers));

describe('encodeRefusal', () => {
  it('is a whole response that ends the connection', () => {
    expect(refuse(405, 'Invalid HTTP method', { Allow: 'GET' })).toBe(
      [
        'HTTP/1.1 405 Method Not Allowed',
        'Connection: close',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Length: 19',
        'Allow: GET',
        '',
        'Invalid HTTP method',
      ].join('\r\n'),
    );
  });

  it('counts the body in bytes', () => {
    expect(refuse(403, 'é😀')).toContain('\r\nContent-Length: 6\r\n');
    expect(refuse(401, '')).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
  });

  it('names Upgrade in Connection where it is sent', () => {
    expect(refuse(426, '', { upgrade: 'websocket' })).toContain('\r\nConnection: close, Upgrade\r\n');
  });

  it.each([
    [404, 'HTTP/1.1 404 Not Found\r\n'],
    [426, 'HTTP/1.1 426 Upgrade Required\r\n'],
    [503, 'HTTP/1.1 503 Service Unavailable\r\n'],
    [499, 'HTTP/1.1 499 \r\n'],
  ])('begins %i with its status line', (status, line) => {
    expect(refuse(status, '').startsWith(line)).toBe(true);
  });

  it('lets a hook choose the type of the body, but not where it ends', () => {
    const response = refuse(400, '{}', {
      'content-type': 'application/json',
      'content-length': '99',
      'TRANSFER-ENCODING': 'chunked',
      connection: 'keep-alive',
    });
    expect(response).toBe(
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 2\r\ncontent-type: application/json\r\n\r\n{}',
    );
  });

  it.each([
    ['a line end in a value', { 'X-A': 'b\r\nSet-Cookie: c' }],
    ['a bare LF', { 'X-A': 'b\nc' }],
    ['a bare CR', { 'X-A': 'b\rc' }],
    ['a NUL', { 'X-A': '\0' }],
    ['a DEL', { 'X-A': '\x7f' }],
    ['a character whose low byte is LF', { 'X-A': '\u010a' }],
    ['a line end in a name', { 'X-A: b\r\nX-C': 'd' }],
    ['a colon in a name', { 'X-A:': 'b' }],
    ['an empty name', { '': 'b' }],
  ])('throws for %s', (_, headers) => {
    expect(() => refuse(400, '', headers as Record<string, string>)).toThrow(TypeError);
  });

  it('never has other lines than were asked for, whatever the values', () => {
    const anyText = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\r', '\n', ':', '\u010d', '\xff'), maxLength: 6 }),
    );
    fc.assert(
      fc.property(
        anyText.map((text) => `x${text}`),
        anyText,
        anyText,
        (name, value, message) => {
          let response: string;
          try {
            response = refuse(400, message, { [name]: value });
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
            return;
          }
          const bytes = Buffer.from(response);
          const end = bytes.indexOf('\r\n\r\n');
          expect(bytes.subarray(end + 4).equals(Buffer.from(message))).toBe(true);
          const head = bytes.subarray(0, end).toString();
          // Status, Connection, Content-Type, Content-Length, and the one that was given.
          expect(head.split(/[\r\n]+/)).toHaveLength(5);
        },
      ),
      runs(5_000, 500_000),
    );
  });
});
