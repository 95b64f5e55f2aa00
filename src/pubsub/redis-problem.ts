/** Why Redis cannot be reached. Neither part holds what the URL holds of credentials. */
export interface RedisProblem {
  /** Short: `ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `WRONGPASS`. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
}

/** Characters of an error's text that are told. */
const MAX_MESSAGE = 200;

/** The first word of an error reply is its code, errors of Node have one. */
export function toRedisProblem(error: Error): RedisProblem {
  const [line = ''] = error.message.split(/[\r\n]/);
  const { code } = error as NodeJS.ErrnoException;
  const [word] = /^[A-Z]+\b/.exec(line) ?? [];
  // Where a name has several addresses, the error of all together has a code but no text.
  return { code: code ?? word ?? 'ERROR', message: line.slice(0, MAX_MESSAGE) || (code ?? error.name) };
}
