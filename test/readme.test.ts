import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackedPackage, type PackedPackage } from './support/packed-package.ts';
import { byGroup, exampleInFile, examplesInMarkdown, type Example } from './support/runnable-examples.ts';
import { runExamples } from './support/run-examples.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const folder = (path: string): string[] => (existsSync(new URL(path, root)) ? readdirSync(new URL(path, root)) : []);

const pages = ['README.md', ...folder('docs/').map((name) => `docs/${name}`)].filter((path) => path.endsWith('.md'));
const files = folder('examples/').filter((name) => /\.[jt]s$/.test(name));

const groups: [string, string, Example[]][] = [
  ...pages.map((page) => [page, examplesInMarkdown(read(page))] as const),
  ['examples', files.map((name) => exampleInFile(name, read(`examples/${name}`)))] as const,
].flatMap(([place, examples]) =>
  [...byGroup(examples)].map(([name, members]): [string, string, Example[]] => [place, name, members]),
);

describe('the documentation', () => {
  let user: PackedPackage;
  beforeAll(async () => {
    user = await installPackedPackage();
  });
  afterAll(() => user[Symbol.asyncDispose]());

  it('has examples in its README that run', () => {
    expect(groups.some(([place]) => place === 'README.md')).toBe(true);
  });

  it.each(groups)('%s: the example %s does what it says', async (place, name, members) => {
    await runExamples(`${place.replaceAll(/\W/g, '-')}-${name}`, members, user);
  });

  it.each([
    ['prints something else', `console.log('bye');`],
    ['fails', `throw new Error('no');`],
  ])('would not pass with an example that %s', async (_, source) => {
    const example: Example = { group: 'wrong', prints: 'ahoy', extension: 'js', source };
    await expect(runExamples('wrong', [example], user)).rejects.toThrow('printed "ahoy"');
  });
});

describe('the marks of examples', () => {
  it('name a group, what is printed and the language', () => {
    const text = '<!-- runs a -->\n\n```js\none();\n```\n\n<!-- runs a: prints "x: y" -->\n```ts\ntwo();\n```\n';
    expect(examplesInMarkdown(text)).toEqual([
      { group: 'a', prints: undefined, extension: 'js', source: 'one();\n' },
      { group: 'a', prints: 'x: y', extension: 'ts', source: 'two();\n' },
    ]);
    expect(exampleInFile('b.ts', '// runs b: prints "z"\nb();\n')).toMatchObject({ group: 'b', prints: 'z' });
  });

  it.each([
    ['a mark without a block', '<!-- runs a -->\n\nSome text.\n'],
    ['a mark that nobody understands', '<!-- runs a, prints x -->\n```js\n```\n'],
    ['a language that cannot be run', '<!-- runs a: prints "x" -->\n```sh\nls\n```\n'],
  ])('are refused: %s', (_, text) => {
    expect(() => examplesInMarkdown(text)).toThrow(Error);
  });

  it('are refused where a file has none, or a group prints nothing', () => {
    expect(() => exampleInFile('a.js', 'a();\n')).toThrow('cannot run');
    expect(() => byGroup([{ group: 'a', prints: undefined, extension: 'js', source: '' }])).toThrow('prints anything');
  });
});
