import { describe, expect, it } from 'vitest';
import { countHeader, header } from '../../src/protocol/http-message.ts';

describe('header', () => {
  const headers = { upgrade: 'websocket', 'set-cookie': ['a', 'b'] };

  it('is the value, or undefined', () => {
    expect(header({ headers, rawHeaders: [] }, 'upgrade')).toBe('websocket');
    expect(header({ headers, rawHeaders: [] }, 'connection')).toBeUndefined();
  });

  it('joins several values to one list', () => {
    expect(header({ headers, rawHeaders: [] }, 'set-cookie')).toBe('a, b');
  });

  it('takes a number that a program put there as text', () => {
    const made = { headers: { 'sec-websocket-version': 13 } } as unknown as Parameters<typeof header>[0];
    expect(header(made, 'sec-websocket-version')).toBe('13');
  });
});

describe('countHeader', () => {
  it('counts in any case, and names only', () => {
    const rawHeaders = ['Host', 'a', 'X-Host', 'b', 'HOST', 'host', 'Via', 'host', 'host', ''];
    expect(countHeader({ headers: {}, rawHeaders }, 'host')).toBe(3);
    expect(countHeader({ headers: {}, rawHeaders }, 'constructor')).toBe(0);
  });

  it('counts the headers that a program put there', () => {
    expect(countHeader({ headers: { host: 'a' } }, 'host')).toBe(1);
    expect(countHeader({ headers: {} }, 'host')).toBe(0);
  });
});
