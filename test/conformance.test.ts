import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = new URL('../docs/conformance.md', import.meta.url);

interface Row {
  readonly rule: string;
  readonly links: readonly string[];
  /** What the test column names: a file, and a title in it. */
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

const LINK = /\[[^\]]+\]\(([^)]+)\)/g;

function readRows(text: string): Row[] {
  return text
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && /^\d/.test(cells[1]!))
    .map(([, section, rule, where, test]) => ({
      rule: `§${section} ${rule}`,
      links: [...`${where} ${test}`.matchAll(LINK)].map(([, target]) => target!),
      tests: test!.split(';').flatMap((one) => {
        const [link] = one.matchAll(LINK);
        return link === undefined ? [] : [{ file: link[1]!, title: one.replace(link[0], '').trim() }];
      }),
    }));
}

const rows = readRows(readFileSync(page, 'utf8'));

describe('the page on conformance', () => {
  it('covers the protocol, and says which rules have no test', () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter(({ tests }) => tests.length === 0).map(({ rule }) => rule)).toEqual([
      '§4.1 one connection at a time is being opened to a host',
      "§4.1 TLS is told the server's name (SNI)",
    ]);
  });

  it.each(rows)('names files and tests that exist: $rule', ({ links, tests }) => {
    expect(links.filter((link) => !existsSync(new URL(link, page)))).toEqual([]);
    const missing = tests.filter(({ file, title }) => {
      return title === '' || !readFileSync(new URL(file, page), 'utf8').includes(title);
    });
    expect(missing).toEqual([]);
  });
});
