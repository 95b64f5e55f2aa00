import { describe, expect, it } from 'vitest';
import { WebSocketClient, WebSocketServer } from '../../src/index.ts';

const NAMES = [
  'maxPayload',
  'maxFragments',
  'maxPendingAutoPongs',
  'closeTimeout',
  'highWaterMark',
  'handshakeTimeout',
];

describe.each(NAMES)('the option %s', (name) => {
  it.each([
    ['negative', -1, RangeError],
    ['NaN', Number.NaN, RangeError],
    ['a string', '10', TypeError],
  ])('is refused when it is %s, at once and by name', (_, value, kind) => {
    for (const construct of [
      () => new WebSocketServer({ noServer: true, [name]: value }),
      () => new WebSocketClient('ws://127.0.0.1:1', { [name]: value as never }),
    ]) {
      expect(construct).toThrow(kind);
      expect(construct).toThrow(name);
    }
  });

  it('may be 0, a number, or left out', () => {
    for (const value of [0, 1, 2 ** 31 - 1, undefined, null]) {
      new WebSocketServer({ noServer: true, [name]: value as never }).close();
    }
  });
});

it.each(['closeTimeout', 'handshakeTimeout'])('%s may not be longer than a timer can be', (name) => {
  expect(() => new WebSocketServer({ noServer: true, [name]: Infinity })).toThrow(RangeError);
});

it('a heartbeat may not be longer than a timer can be: it would beat at once', () => {
  const heartbeat = { interval: Infinity, timeout: 1_000 };
  expect(() => new WebSocketServer({ noServer: true, heartbeat })).toThrow(
    /at most 2147483647 milliseconds, got Infinity/,
  );
});
