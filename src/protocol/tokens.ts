/** The characters of a token, RFC 7230 §3.2.6, by character code. */
const TOKEN_CHARACTERS = new Uint8Array(128);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN_CHARACTERS[character.charCodeAt(0)] = 1;
}

/** Whether the character at this place of a header's value belongs to a token. */
function isTokenCharacter(value: string, at: number): boolean {
  return TOKEN_CHARACTERS[value.charCodeAt(at)] === 1;
}

/** Whether a string is one token: not empty, no separators, ASCII. */
export function isToken(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (!isTokenCharacter(value, i)) return false;
  return value.length > 0;
}

/** Where the token ends that begins at `at`; `at` if none does. */
export function tokenEnd(value: string, at: number): number {
  let end = at;
  while (end < value.length && isTokenCharacter(value, end)) end++;
  return end;
}

/** Where the next character is that is neither space nor tab. */
export function skipSpace(value: string, at: number): number {
  let i = at;
  while (i < value.length && (value[i] === ' ' || value[i] === '\t')) i++;
  return i;
}

/** Without the spaces and tabs around it. `trim` would also take characters that no header may have, NBSP for one. */
export function trimSpace(value: string): string {
  const start = skipSpace(value, 0);
  let end = value.length;
  while (end > start && (value[end - 1] === ' ' || value[end - 1] === '\t')) end--;
  return value.slice(start, end);
}

/** Whether a value is this token, given in lower case, in any case of ASCII: a Kelvin sign is no "k". */
export function isSameToken(value: string, token: string): boolean {
  return value === token || (value.length === token.length && isToken(value) && value.toLowerCase() === token);
}

/**
 * Whether a list such as that of Connection or Upgrade has a token, given in lower case (RFC 7230 §7). Empty elements
 * are passed over, as RFC 7230 asks of recipients, and so are elements that are none.
 */
export function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined) return false;
  // Nearly always it is the only one.
  if (isSameToken(value, token)) return true;
  return value.split(',').some((element) => isSameToken(trimSpace(element), token));
}
