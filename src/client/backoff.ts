/** When a lost connection is dialled again, and when it is not. Pure: randomness is passed in. */
export interface BackoffOptions {
  /** The wait before the second retry may be up to this many milliseconds; it doubles from there. Default 1,000. */
  base?: number;
  /** No wait is longer, in milliseconds. Default 30,000. */
  cap?: number;
  /** After a server said that it goes away, clients come back within this many milliseconds. Default 5,000. */
  spread?: number;
  /** A number in [0, 1). Default `Math.random`. */
  random?: () => number;
}

// RFC 6455 §7.4.1. What these say would be as true the next time. 1010 is only ever sent by a client.
const FINAL: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010]);

/** Whether a close code ends the conversation for good: the final ones of RFC 6455 §7.4.1 and those the application names. */
export function isFinal(code: number, named: readonly number[] = []): boolean {
  return FINAL.has(code) || named.includes(code);
}

/**
 * The wait in milliseconds before retry number `retry`, counted from 0: none before the first, then full jitter below
 * `base`, `2 × base`, `4 × base` … `cap`.
 */
export function backoff(
  retry: number,
  { base = 1_000, cap = 30_000, random = Math.random }: BackoffOptions = {},
): number {
  return retry === 0 ? 0 : random() * Math.min(cap, base * 2 ** (retry - 1));
}

/**
 * The wait in milliseconds before retry number `retry` of a connection that ended with `code`. §7.2.3: a server that
 * leaves (1001, 1012) loses all its clients in the same moment, so their first retries are spread; one that asks for time
 * (1013) gets some.
 */
export function delayAfter(code: number, retry: number, options: BackoffOptions = {}): number {
  const { spread = 5_000, random = Math.random } = options;
  if (retry === 0 && (code === 1001 || code === 1012)) return random() * spread;
  return backoff(code === 1013 ? Math.max(1, retry) : retry, options);
}
