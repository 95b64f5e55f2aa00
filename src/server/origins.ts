/** Which pages may connect: names of origins, patterns, or a function that decides. */
export type Origins = readonly (string | RegExp)[] | string | RegExp | ((origin: string) => boolean);

/**
 * Whether a request with this Origin may connect. No Origin is no browser, so nobody's cookies are at stake
 * (RFC 6455 §10.2): accepted. Names are compared as they stand, `https://app.example` without a slash.
 */
export function isAllowedOrigin(origin: string | undefined, allowed: Origins): boolean {
  if (origin === undefined) return true;
  if (typeof allowed === 'function') return allowed(origin);
  const list = typeof allowed === 'string' || allowed instanceof RegExp ? [allowed] : allowed;
  return list.some((one) => (typeof one === 'string' ? one === origin : origin.search(one) !== -1));
}

/** Whether a page comes from the host that it asks: its Origin names the request's Host, whatever the scheme. */
export function isSameHost(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    return host !== undefined && new URL(origin).host === new URL(`http://${host}`).host;
  } catch {
    return false;
  }
}
