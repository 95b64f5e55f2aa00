import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = (path: string): string[] => readdirSync(join(root, path)).map((name) => join(path, name));
const isPage = (path: string): boolean => path.endsWith('.md');
const pages = ['.', 'docs', 'docs/decisions', 'examples'].flatMap(folder).filter(isPage);

/** The files that a page links to, as paths from the root. */
function linked(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!.split('#')[0]!)
    .filter((target) => target !== '' && !/^\w+:/.test(target))
    .map((target) => join(dirname(page), target));
}

it.each(pages)('%s links to what is there', (page) => {
  expect(linked(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

it.each([
  ['docs/README.md', folder('docs').filter(isPage)],
  ['examples/README.md', folder('examples').filter((path) => path.endsWith('.js'))],
])('%s names every one', (index, members) => {
  const there = new Set([index, ...linked(index)]);
  expect(members.length).toBeGreaterThan(5);
  expect(members.filter((path) => !there.has(path))).toEqual([]);
});
