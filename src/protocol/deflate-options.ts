/** What the deflating side may tune; names and ranges are those of zlib. Anything else is decided by the negotiation. */
export interface ZlibDeflateOptions {
  /** −1 to 9; default −1, which is 6 for zlib; small messages are compressed without it then. */
  readonly level?: number;
  /** 1 to 9, default 8: the most that is used. Small messages take less by themselves. */
  readonly memLevel?: number;
  /** 0 to 4, default 0. */
  readonly strategy?: number;
  /** Bytes of one piece of output, at least 64; default: by the size of the message. */
  readonly chunkSize?: number;
}

/** What the inflating side may tune. */
export interface ZlibInflateOptions {
  /** Bytes of one piece of output, at least 64; default: by the size of the message. */
  readonly chunkSize?: number;
}

/** The `perMessageDeflate` option of both roles, named as in `ws`. RFC 7692 §7.1. */
export interface PerMessageDeflateOptions {
  /** The server begins every message with an empty window. As a server, `false` declines offers that ask for it. */
  readonly serverNoContextTakeover?: boolean;
  /** The client begins every message with an empty window. As a client, `false` refuses an answer that demands it. */
  readonly clientNoContextTakeover?: boolean;
  /** 8 to 15: the server's window is at most 2 to that power. As a server, `false` declines offers that ask for it. */
  readonly serverMaxWindowBits?: number | boolean;
  /**
   * 8 to 15: the client's window is at most 2 to that power; as a server, offers that leave no room for it are declined.
   * As a client, `true` (the default) lets the server choose and `false` does not.
   */
  readonly clientMaxWindowBits?: number | boolean;
  /** Without context takeover, messages of fewer bytes are not compressed; default 1024. */
  readonly threshold?: number;
  /** How messages are compressed. */
  readonly zlibDeflateOptions?: ZlibDeflateOptions;
  /** How messages are decompressed. */
  readonly zlibInflateOptions?: ZlibInflateOptions;
  /** How many large messages the process compresses and decompresses at a time; default 10. */
  readonly concurrencyLimit?: number;
}

/** The largest piece of output that zlib is asked for, unless `chunkSize` says otherwise. */
export const LARGEST_CHUNK = 65_536;

/** Throws a TypeError or RangeError that names the first value that cannot be used; gives the options back. */
export function checkDeflateOptions(options: PerMessageDeflateOptions): PerMessageDeflateOptions {
  checkFlag('serverNoContextTakeover', options.serverNoContextTakeover);
  checkFlag('clientNoContextTakeover', options.clientNoContextTakeover);
  checkWindowBits('serverMaxWindowBits', options.serverMaxWindowBits);
  checkWindowBits('clientMaxWindowBits', options.clientMaxWindowBits);
  checkNumber('threshold', options.threshold, 0, Infinity);
  // `Infinity` is how users say "no limit"; every other number counts whole messages.
  if (options.concurrencyLimit !== Infinity) checkInteger('concurrencyLimit', options.concurrencyLimit, 1);
  const { zlibDeflateOptions: deflate = {}, zlibInflateOptions: inflate = {} } = options;
  checkInteger('zlibDeflateOptions.level', deflate.level, -1, 9);
  checkInteger('zlibDeflateOptions.memLevel', deflate.memLevel, 1, 9);
  checkInteger('zlibDeflateOptions.strategy', deflate.strategy, 0, 4);
  checkInteger('zlibDeflateOptions.chunkSize', deflate.chunkSize, 64);
  checkInteger('zlibInflateOptions.chunkSize', inflate.chunkSize, 64);
  return options;
}

function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && value !== null && typeof value !== 'boolean') {
    throw new TypeError(`${name} must be a boolean, got ${describe(value)}`);
  }
}

function checkWindowBits(name: string, value: unknown): void {
  if (typeof value !== 'boolean') checkInteger(name, value, 8, 15);
}

function checkInteger(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  checkNumber(name, value, least, most);
  if (typeof value === 'number' && !Number.isInteger(value)) throw outOfRange(name, value, least, most, 'an integer');
}

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${describe(value)}`);
  if (!(value >= least && value <= most)) throw outOfRange(name, value, least, most, 'a number');
}

function outOfRange(name: string, value: number, least: number, most: number, kind: string): RangeError {
  const range = most >= Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return new RangeError(`${name} must be ${kind} ${range}, got ${value}`);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? 'an object' : String(value);
}
