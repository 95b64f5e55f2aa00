import * as ws from 'ws';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeExtensions, type Extension, parseExtensions } from '../../src/protocol/extensions.ts';
import { bestTime } from '../support/best-time.ts';
import { isExtensionList } from '../support/handshake-messages.ts';
import { runs } from '../support/runs.ts';

/** `ws` exports it, its types do not. */
const { extension: wsExtension } = ws as unknown as {
  extension: { parse(value: string): Record<string, Record<string, (string | true)[]>[]> };
};

const offer = (name: string, ...params: Extension['params']): Extension => ({ name, params });

describe('parseExtensions', () => {
  it.each<[string, Extension[]]>([
    ['foo', [offer('foo')]],
    ['foo, bar; baz=2', [offer('foo'), offer('bar', ['baz', '2'])]],
    ['foo;a', [offer('foo', ['a', true])]],
    ['foo;a=1;a=2;a', [offer('foo', ['a', '1'], ['a', '2'], ['a', true])]],
    ['foo, foo', [offer('foo'), offer('foo')]],
    [' \tfoo ; a = 1 , bar\t', [offer('foo', ['a', '1']), offer('bar')]],
    ['foo; a="1"', [offer('foo', ['a', '1'])]],
    ['foo; a="\\1\\0"; b', [offer('foo', ['a', '10'], ['b', true])]],
    ['foo; a= "b" ;c', [offer('foo', ['a', 'b'], ['c', true])]],
    [
      'constructor; __proto__=toString, __proto__',
      [offer('constructor', ['__proto__', 'toString']), offer('__proto__')],
    ],
    ['permessage-deflate; client_max_window_bits', [offer('permessage-deflate', ['client_max_window_bits', true])]],
  ])('reads %j', (value, extensions) => {
    expect(parseExtensions(value)).toEqual(extensions);
  });

  it.each([
    ['nothing', ''],
    ['space only', ' \t'],
    ['an empty element at the front', ',a'],
    ['an empty element at the end', 'a,'],
    ['an empty element in between', 'a, ,b'],
    ['no name', ';a'],
    ['a parameter without a name', 'a;'],
    ['a value without a name', 'a;=b'],
    ['a parameter that ends with =', 'a;b='],
    ['a value followed by =', 'a;b=c=d'],
    ['a name with a value', 'a=b'],
    ['two names', 'a b'],
    ['two values', 'a;b=c d'],
    ['a quoted name', '"a"'],
    ['a quoted parameter', 'a;"b"'],
    ['an empty quoted value', 'a;b=""'],
    ['a quoted space', 'a;b="c d"'],
    ['a quoted comma', 'a;b="c,d"'],
    ['an escaped quote', 'a;b="c\\"d"'],
    ['an escaped backslash', 'a;b="\\\\"'],
    ['a quoted value without an end', 'a;b="c'],
    ['a quoted value that ends in a backslash', 'a;b="c\\'],
    ['a quoted value whose end is escaped', 'a;b="c\\"'],
    ['something behind a quoted value', 'a;b="c"d'],
    ['a quote inside a token', 'a;b=c"d"'],
    ['a character that is not ASCII', 'é'],
    ['a space that is none of HTTP', 'a;\u00a0b'],
    ['a line end', 'a\r\nb'],
    ['a NUL', 'a\0'],
  ])('refuses %s', (_, value) => {
    expect(() => parseExtensions(value)).toThrow(SyntaxError);
  });

  const anyText = fc
    .array(fc.constantFrom('a', 'b-c', '__proto__', '1', ';', ',', '=', '"', '\\', ' ', '\t', '; ', '="', '" ', 'é'), {
      maxLength: 14,
    })
    .map((parts) => parts.join(''));
  /** Mostly legal, so that the properties see both sides. */
  const nearlyLegal = fc
    .tuple(
      fc.constantFrom('a', 'a; b', 'a;b=1', 'a;b="1"; c', 'a, d;e'),
      anyText.map((text) => text.slice(0, 6)),
      fc.constantFrom('', ';c', ', d', ';f="\\x"'),
    )
    .map((parts) => parts.join(''));
  const text = fc.oneof(anyText, nearlyLegal);

  it('accepts the grammar of §9.1, and nothing else', () => {
    let accepted = 0;
    fc.assert(
      fc.property(text, (value) => {
        const legal = isExtensionList(value);
        if (legal) accepted++;
        expect(parsed(value) !== 'refused').toBe(legal);
      }),
      runs(20_000, 500_000),
    );
    expect(accepted).toBeGreaterThan(1_000);
  });

  it('reads what ws reads, as ws reads it', () => {
    fc.assert(
      fc.property(text, (value) => {
        const theirs = parsedByWs(value);
        if (theirs !== 'refused') expect(grouped(parseExtensions(value))).toEqual(theirs);
      }),
      runs(5_000, 500_000),
    );
  });

  // A reader that stops at the first fault has little to do: one of the texts has none.
  const legal = `a${sample(';b', ';cc=d', ';e="f"', ';e="\\f\\g"', ' ; h = i', ', j', ';k="lm"').slice(0, 16_384)}`;
  const parameters = legal.slice(0, legal.lastIndexOf(';'));

  it('reads 16 KiB of random parameters', () => {
    expect(encodeExtensions(parseExtensions(parameters)).length).toBeGreaterThan(16_384 / 2);
  });

  it.each([
    ['random tokens and quotes', sample('a', 'bc', '"', '\\', ';', '=', ',', ' ')],
    ['random tokens inside quotes', `a;b="${sample('a', 'bc', '\\', '\\"', 'd')}`],
    ['random parameters', parameters],
    ['parameters', `a${';b'.repeat(8_192)}`],
    ['parameters with values', `a${';b="c"'.repeat(2_730)}`],
    ['extensions', `a${',b'.repeat(8_192)}`],
    ['one name', 'a'.repeat(16_384)],
    ['space', `a${' '.repeat(16_384)}b`],
    ['space around every separator', `a${' '.repeat(2_000)};b${'\t'.repeat(7_000)}=${' '.repeat(7_000)}c`],
    ['quotes', `a;b=${'"'.repeat(16_384)}`],
    ['one quoted value', `a;b="${'c'.repeat(16_384)}"`],
    ['one quoted value, all escaped', `a;b="${'\\c'.repeat(8_192)}"`],
    ['a quoted value without an end', `a;b="${'\\"'.repeat(8_192)}`],
    ['backslashes', `a;b="${'\\'.repeat(16_384)}`],
  ])('takes less than 5 ms for 16 KiB of %s', (_, value) => {
    expect(bestTime(() => parsed(value))).toBeLessThan(5);
  });
});

const token = fc.oneof(
  fc.constantFrom('permessage-deflate', 'constructor', '__proto__', 'hasOwnProperty', '0', '15', '!'),
  fc.string({
    unit: fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    minLength: 1,
    maxLength: 6,
  }),
);
const extension: fc.Arbitrary<Extension> = fc.record({
  name: token,
  params: fc.array(fc.tuple(token, fc.oneof(fc.constant(true as const), token)), { maxLength: 4 }),
});
const extensions = fc.array(extension, { minLength: 1, maxLength: 3 });

describe('encodeExtensions', () => {
  it.each<[Extension[], string]>([
    [[], ''],
    [[offer('foo')], 'foo'],
    [[offer('foo', ['a', true], ['b', '1']), offer('bar')], 'foo; a; b=1, bar'],
  ])('writes %j as %j', (list, value) => {
    expect(encodeExtensions(list)).toBe(value);
  });

  it.each<[string, Extension]>([
    ['a name with a line end', offer('a\r\nSet-Cookie: b')],
    ['an empty name', offer('')],
    ['a parameter with a space', offer('a', ['b c', true])],
    ['a value with a comma', offer('a', ['b', 'c, d'])],
    ['an empty value', offer('a', ['b', ''])],
  ])('throws for %s', (_, one) => {
    expect(() => encodeExtensions([one])).toThrow(TypeError);
  });

  it('writes what parseExtensions reads back', () => {
    fc.assert(
      fc.property(extensions, (list) => {
        expect(parseExtensions(encodeExtensions(list))).toEqual(list);
      }),
      runs(20_000, 500_000),
    );
  });

  it('means the same with any space and any quotes', () => {
    const space = fc.constantFrom('', '', ' ', '\t', ' \t ');
    const quoting = fc.constantFrom('none', 'quotes', 'escapes');
    fc.assert(
      fc.property(extensions, fc.infiniteStream(space), fc.infiniteStream(quoting), (list, spaces, quotings) => {
        const around = (separator: string): string => `${spaces.next().value}${separator}${spaces.next().value}`;
        const quote = (value: string): string => {
          const how = quotings.next().value;
          return how === 'none' ? value : `"${how === 'quotes' ? value : value.replaceAll(/./g, '\\$&')}"`;
        };
        const written = list
          .map(({ name, params }) =>
            [name, ...params.map(([key, value]) => (value === true ? key : key + around('=') + quote(value)))].reduce(
              (left, right) => left + around(';') + right,
            ),
          )
          .reduce((left, right) => left + around(',') + right);
        expect(parseExtensions(around(written))).toEqual(list);
      }),
      runs(5_000, 500_000),
    );
  });
});

/** 16 Ki of pieces drawn at random, always the same. */
function sample(...pieces: string[]): string {
  const list = fc.array(fc.constantFrom(...pieces), { minLength: 16_384, maxLength: 16_384 });
  return fc.sample(list, { numRuns: 1, seed: 1 })[0]!.join('');
}

function parsed(value: string): readonly Extension[] | 'refused' {
  try {
    return parseExtensions(value);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return 'refused';
  }
}

type Grouped = ReadonlyMap<string, ReadonlyMap<string, readonly (string | true)[]>[]>;

/** `ws` keeps offers by name, and parameters by name. */
function grouped(list: readonly Extension[]): Grouped {
  const offers = new Map<string, Map<string, (string | true)[]>[]>();
  for (const { name, params } of list) {
    const values = new Map<string, (string | true)[]>();
    for (const [key, value] of params) values.set(key, [...(values.get(key) ?? []), value]);
    offers.set(name, [...(offers.get(name) ?? []), values]);
  }
  return offers;
}

function parsedByWs(value: string): Grouped | 'refused' {
  try {
    const offers = Object.entries(wsExtension.parse(value));
    return new Map(offers.map(([name, list]) => [name, list.map((params) => new Map(Object.entries(params)))]));
  } catch {
    return 'refused';
  }
}
