import { describe, expect, it } from 'vitest';
import { checkDeflateOptions, type PerMessageDeflateOptions } from '../../src/protocol/deflate-options.ts';

describe('the options of permessage-deflate', () => {
  it.each<[string, PerMessageDeflateOptions]>([
    ['none', {}],
    [
      'all of ws',
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: false,
        serverMaxWindowBits: 8,
        clientMaxWindowBits: 15,
        threshold: 0,
        zlibDeflateOptions: { level: -1, memLevel: 9, strategy: 4, chunkSize: 64 },
        zlibInflateOptions: { chunkSize: 10 * 1024 },
        concurrencyLimit: 1,
      },
    ],
    ['booleans for windows', { serverMaxWindowBits: false, clientMaxWindowBits: true }],
    ['no limits', { threshold: Infinity, concurrencyLimit: Infinity }],
  ])('may be %s', (_, options) => {
    expect(checkDeflateOptions(options)).toBe(options);
  });

  it.each<[object, typeof Error, string]>([
    [{ serverMaxWindowBits: 7 }, RangeError, 'serverMaxWindowBits must be a number from 8 to 15, got 7'],
    [{ clientMaxWindowBits: 16 }, RangeError, 'clientMaxWindowBits must be a number from 8 to 15, got 16'],
    [{ clientMaxWindowBits: 8.5 }, RangeError, 'clientMaxWindowBits must be an integer from 8 to 15, got 8.5'],
    [{ clientMaxWindowBits: NaN }, RangeError, 'clientMaxWindowBits must be a number from 8 to 15, got NaN'],
    [{ clientMaxWindowBits: '10' }, TypeError, 'clientMaxWindowBits must be a number, got "10"'],
    [{ serverNoContextTakeover: 1 }, TypeError, 'serverNoContextTakeover must be a boolean, got 1'],
    [{ clientNoContextTakeover: 'yes' }, TypeError, 'clientNoContextTakeover must be a boolean, got "yes"'],
    [{ threshold: -1 }, RangeError, 'threshold must be a number of at least 0, got -1'],
    [{ threshold: {} }, TypeError, 'threshold must be a number, got an object'],
    [{ concurrencyLimit: 0 }, RangeError, 'concurrencyLimit must be a number of at least 1, got 0'],
    [{ concurrencyLimit: 1.5 }, RangeError, 'concurrencyLimit must be an integer of at least 1, got 1.5'],
    [
      { zlibDeflateOptions: { level: 10 } },
      RangeError,
      'zlibDeflateOptions.level must be a number from -1 to 9, got 10',
    ],
    [
      { zlibDeflateOptions: { memLevel: 0 } },
      RangeError,
      'zlibDeflateOptions.memLevel must be a number from 1 to 9, got 0',
    ],
    [
      { zlibDeflateOptions: { strategy: 5 } },
      RangeError,
      'zlibDeflateOptions.strategy must be a number from 0 to 4, got 5',
    ],
    [
      { zlibDeflateOptions: { chunkSize: 63 } },
      RangeError,
      'zlibDeflateOptions.chunkSize must be a number of at least 64, got 63',
    ],
    [
      { zlibInflateOptions: { chunkSize: 0 } },
      RangeError,
      'zlibInflateOptions.chunkSize must be a number of at least 64, got 0',
    ],
  ])('may not be %o', (options, kind, message) => {
    const check = () => checkDeflateOptions(options as PerMessageDeflateOptions);
    expect(check).toThrow(kind);
    expect(check).toThrow(message);
  });
});
