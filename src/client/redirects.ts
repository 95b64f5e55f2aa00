import type { Address } from './address.ts';

/** Headers that speak for the user: they are for the host that was asked, not for the one that it points to. */
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization'] as const;

/** Header names in lower case, so that each is there once. */
export function lowerCaseNames(headers: object | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers ?? {})) result[name.toLowerCase()] = value;
  return result;
}

/** Whether credentials for `first` may be shown to `next`: the same host, and not in the clear if it was not. */
export function mayShareCredentials(first: Address, next: Address): boolean {
  return first.authority === next.authority && (next.secure || !first.secure);
}

/** The headers without credentials, and without Host if the host is another. */
export function withoutCredentials(headers: Record<string, unknown>, sameHost: boolean): Record<string, unknown> {
  const result = { ...headers };
  for (const name of CREDENTIALS) delete result[name];
  if (!sameHost) delete result['host'];
  return result;
}
