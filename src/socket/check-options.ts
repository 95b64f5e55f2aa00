import type { WebSocketOptions } from './types.ts';

const NUMBERS = ['maxPayload', 'maxFragments', 'maxPendingAutoPongs', 'closeTimeout', 'highWaterMark'] as const;

/** A timer of Node that is set for longer fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Checks the numbers of a server's or a client's options once. Throws a TypeError or RangeError that names the value. */
export function checkOptions(options: WebSocketOptions & { readonly handshakeTimeout?: number | undefined }): void {
  for (const name of [...NUMBERS, 'handshakeTimeout'] as const) {
    const value: unknown = options[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${typeof value}`);
    if (!(value >= 0)) throw new RangeError(`${name} must not be negative, got ${value}`);
    if (name.endsWith('Timeout') && value > LONGEST_TIMER) {
      throw new RangeError(`${name} must be at most ${LONGEST_TIMER} milliseconds, got ${value}`);
    }
  }
}
