import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = (path: string): string[] => readdirSync(join(root, path)).map((name) => join(path, name));
const isPage = (path: string): boolean => path.endsWith('.md');
const pages = ['.', 'docs', 'docs/decisions', 'examples'].flatMap(folder).filter(isPage);

const prose = (page: string): string => readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');

/** What a page links to: files, as paths from the root, and headings in them, '' for none. */
function links(page: string): { path: string; heading: string }[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^\w+:/.test(target))
    .map((target) => target.split('#') as [string, string?])
    .map(([file, heading = '']) => ({ path: file === '' ? page : join(dirname(page), file), heading }));
}

const linked = (page: string): string[] => links(page).map(({ path }) => path);

/** The names by which the headings of a page are linked to. */
function headings(page: string): Set<string> {
  const found = new Map<string, number>();
  return new Set(
    [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
      const name = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
      const before = found.get(name) ?? 0;
      found.set(name, before + 1);
      return before === 0 ? name : `${name}-${before}`;
    }),
  );
}

it.each(pages)('%s links to what is there', (page) => {
  expect(linked(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

it.each(pages)('%s links to headings that are there', (page) => {
  const lost = links(page).filter(({ path, heading }) => heading !== '' && !headings(path).has(heading));
  expect(lost).toEqual([]);
});

it('names headings as they are linked to', () => {
  expect([...headings('docs/README.md')]).toEqual(['documentation']);
  expect(headings('docs/api.md')).toContain('createwebsocketstreamws-options');
  // The second "Options" of the page.
  expect(headings('docs/api.md')).toContain('options-1');
});

it.each([
  ['docs/README.md', folder('docs').filter(isPage)],
  ['examples/README.md', folder('examples').filter((path) => path.endsWith('.js'))],
])('%s names every one', (index, members) => {
  const there = new Set([index, ...linked(index)]);
  expect(members.length).toBeGreaterThan(5);
  expect(members.filter((path) => !there.has(path))).toEqual([]);
});
