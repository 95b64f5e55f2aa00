import { checkDeflateOptions, type PerMessageDeflateOptions } from '../protocol/deflate-options.ts';
import type { DeflateParams } from '../protocol/deflate-parameters.ts';
import { createPerMessageDeflate, type PerMessageDeflate } from '../protocol/permessage-deflate.ts';
import type { Role } from '../protocol/role.ts';
import { zlibThreadPool } from './thread-pool.ts';

/** The `perMessageDeflate` option as options, or undefined for no compression. Throws for what is out of range. */
export function deflateOptions(
  option: boolean | PerMessageDeflateOptions | null,
): PerMessageDeflateOptions | undefined {
  // In JavaScript, null and 0 are no, too.
  if (!option) return undefined;
  return checkDeflateOptions(option === true ? {} : option);
}

/** What a connection compresses with: small messages at once, long ones on the thread pool. */
export function createDeflate(
  role: Role,
  params: DeflateParams,
  options: PerMessageDeflateOptions = {},
): PerMessageDeflate {
  return createPerMessageDeflate(role, params, options, zlibThreadPool(options.concurrencyLimit));
}
