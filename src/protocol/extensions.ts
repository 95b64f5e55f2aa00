import { isToken, skipSpace, tokenEnd } from './tokens.ts';

/** One extension that is offered or agreed on, its parameters in the order in which they stand. */
export interface Extension {
  readonly name: string;
  /** A parameter without a value is true. Names may be repeated: whether they may be is the extension's to say. */
  readonly params: readonly (readonly [name: string, value: string | true])[];
}

/**
 * Reads a Sec-WebSocket-Extensions header, RFC 6455 §9.1, in one pass. Values in quotes must be tokens once unquoted.
 * Space may stand around every separator, "=" included (§4.3: "implied *LWS"). Throws a SyntaxError for what breaks
 * the grammar, and for empty elements, which the lists of RFC 7230 §7 may have.
 */
export function parseExtensions(value: string): readonly Extension[] {
  const extensions: Extension[] = [];
  const scanner = new Scanner(value);
  do {
    const name = scanner.token();
    const params: [string, string | true][] = [];
    while (scanner.skip(';')) params.push([scanner.token(), scanner.skip('=') ? scanner.value() : true]);
    extensions.push({ name, params });
  } while (scanner.skip(','));
  scanner.end();
  return extensions;
}

/**
 * Writes a Sec-WebSocket-Extensions header; `parseExtensions` reads it back. Throws a TypeError for a name or value
 * that is no token (§9.1), which also keeps line ends out.
 */
export function encodeExtensions(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, params }) =>
      [checkToken(name), ...params.map(([param, value]) => encodeParam(param, value))].join('; '),
    )
    .join(', ');
}

function encodeParam(name: string, value: string | true): string {
  return value === true ? checkToken(name) : `${checkToken(name)}=${checkToken(value)}`;
}

function checkToken(value: string): string {
  if (!isToken(value)) throw new TypeError(`Extensions are written in tokens, got ${JSON.stringify(value)}`);
  return value;
}

/** Reads tokens and separators; spaces and tabs may stand around each. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  token(): string {
    const start = skipSpace(this.#text, this.#at);
    this.#at = tokenEnd(this.#text, start);
    if (this.#at === start) throw this.#unexpected();
    return this.#text.slice(start, this.#at);
  }

  value(): string {
    return this.skip('"') ? this.#quoted() : this.token();
  }

  /** Whether the next character is this one; if so it is passed. */
  skip(character: string): boolean {
    const next = skipSpace(this.#text, this.#at);
    if (this.#text[next] !== character) return false;
    this.#at = next + 1;
    return true;
  }

  end(): void {
    this.#at = skipSpace(this.#text, this.#at);
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  /** A quoted string behind its first quote; a backslash makes the next character mean itself. */
  #quoted(): string {
    let content = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (character === '"') {
        if (!isToken(content)) throw new SyntaxError('A quoted value is not a token');
        this.#at++;
        return content;
      }
      content += character === '\\' ? (this.#text[++this.#at] ?? '') : character;
    }
    throw new SyntaxError('Unexpected end of input');
  }

  #unexpected(): SyntaxError {
    if (this.#at >= this.#text.length) return new SyntaxError('Unexpected end of input');
    return new SyntaxError(`Unexpected character at index ${this.#at}`);
  }
}
