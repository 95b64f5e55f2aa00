import fc from 'fast-check';

/** Headers as they stand on the wire, name and value, in order. */
export type HeaderLine = readonly [name: string, value: string];

/** Of these Node keeps the first line only; the lines of all others are joined. */
const FIRST_ONLY = new Set(['host', 'content-length']);

/** The two views that `http.IncomingMessage` gives of header lines. */
export function viewsOf(lines: readonly HeaderLine[]): { headers: Record<string, string>; rawHeaders: string[] } {
  const headers: Record<string, string> = Object.create(null);
  const rawHeaders: string[] = [];
  for (const [name, text] of lines) {
    const value = text.replace(/^[ \t]+|[ \t]+$/g, '');
    const key = name.toLowerCase();
    rawHeaders.push(name, value);
    if (!(key in headers)) headers[key] = value;
    else if (!FIRST_ONLY.has(key)) headers[key] += `, ${value}`;
  }
  return { headers, rawHeaders };
}

/** Lines with some replaced; a header given as undefined is left out, and one given as a list comes that often. */
export function withHeaders(
  lines: readonly HeaderLine[],
  changes: Readonly<Record<string, string | readonly string[] | undefined>>,
): HeaderLine[] {
  const names = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  const kept = lines.filter(([name]) => !names.has(name.toLowerCase()));
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): HeaderLine => [name, one as string]),
  );
  return [...kept, ...added];
}

/** The handshake of the example in RFC 6455 §1.3, without what is optional. */
export const EXAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const EXAMPLE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
export const EXAMPLE_REQUEST: readonly HeaderLine[] = [
  ['Host', 'server.example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', EXAMPLE_KEY],
  ['Sec-WebSocket-Version', '13'],
];
export const EXAMPLE_RESPONSE: readonly HeaderLine[] = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Accept', EXAMPLE_ACCEPT],
];

// The grammars once more, written from the RFCs and not from the code, as patterns.

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const SPACE = '[ \\t]*';
const QUOTED = `"(?:\\\\?[!#$%&'*+\\-.^_\`|~0-9A-Za-z])+"`;
const PARAM = `${SPACE};${SPACE}${TOKEN}(?:${SPACE}=${SPACE}(?:${TOKEN}|${QUOTED}))?`;
const EXTENSION = `${SPACE}${TOKEN}(?:${PARAM})*${SPACE}`;
const EXTENSIONS_PATTERN = new RegExp(`^${EXTENSION}(?:,${EXTENSION})*$`);
const TOKEN_PATTERN = new RegExp(`^${TOKEN}$`);

/** RFC 6455 §9.1. */
export function isExtensionList(value: string): boolean {
  return EXTENSIONS_PATTERN.test(value);
}

/** RFC 7230 §3.2.6. */
export function isTokenByPattern(value: string): boolean {
  return TOKEN_PATTERN.test(value);
}

/** The elements of a comma-separated list, over all of its lines. */
export function listElements(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).map((element) => element.replace(/^[ \t]+|[ \t]+$/g, ''));
}

/** All values of a header, in order. The name is given in lower case. */
export function linesOf(lines: readonly HeaderLine[], name: string): string[] {
  return lines.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
}

/** One header: mostly as it should be (undefined leaves it out), now and then as it should not, or more than once. */
export function manyOf(
  name: string,
  good: readonly (string | undefined)[],
  bad: readonly string[],
): fc.Arbitrary<HeaderLine[]> {
  const value = fc.constantFrom(...good);
  const any = fc.constantFrom(undefined, ...good, ...bad);
  const values = fc.oneof(
    { weight: 40, arbitrary: fc.tuple(value) },
    { weight: 2, arbitrary: fc.tuple(any) },
    { weight: 1, arbitrary: fc.array(any, { minLength: 2, maxLength: 3 }) },
  );
  return fc
    .tuple(values, fc.constantFrom(name, name, name.toLowerCase(), name.toUpperCase()))
    .map(([some, spelled]) => some.filter((one) => one !== undefined).map((one): HeaderLine => [spelled, one]));
}

/** The lines of several headers in any order; those of one stay in theirs. */
export function shuffledLines(...headers: fc.Arbitrary<HeaderLine[]>[]): fc.Arbitrary<HeaderLine[]> {
  const order = fc.shuffledSubarray([...headers.keys()], { minLength: headers.length });
  return fc.tuple(fc.tuple(...headers), order).map(([all, places]) => places.flatMap((place) => all[place]!));
}
