import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

interface Results {
  readonly cases: readonly {
    readonly name: string;
    readonly variants: Readonly<Record<string, { readonly samples: readonly { readonly cost: number }[] }>>;
  }[];
}

const run = fileURLToPath(new URL('../../bench/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'halyard-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs quickly, with what the package itself has installed; returns what the terminal shows. */
function bench(...args: string[]): string {
  return execFileSync(process.execPath, [run, ...args, '--quick', '--as-is', '--out', folder], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

const results = (name: string): Results => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Results;

describe('npm run bench', () => {
  it.each([
    ['parse', '125 B, 1 a chunk', ['halyard', 'ws']],
    ['echo', '64 in flight × 125 B', ['halyard', 'ws', 'bare net']],
    ['conversation', '64 members', ['halyard', 'ws']],
  ])('%s measures every variant in every round, and writes JSON and a plot', (name, part, variants) => {
    const shown = bench(name, '--case', part, '--only', variants.join(','));
    const { cases } = results(name);
    expect(cases.length).toBeGreaterThan(0);
    for (const { variants: measured } of cases) {
      expect(Object.keys(measured)).toEqual(variants);
      for (const { samples } of Object.values(measured)) {
        expect(samples).toHaveLength(2);
        for (const { cost } of samples) expect(cost).toBeGreaterThan(0);
      }
    }
    expect(shown).toContain(cases[0]!.name);
    expect(readFileSync(join(folder, `${name}.svg`), 'utf8')).toMatch(/^<svg [^]*<\/svg>\n$/);
  });

  it('lists what there is, and refuses what there is not', () => {
    expect(bench('list')).toMatch(/^echo /m);
    expect(() => bench('nosuchbench')).toThrow(/there is no bench 'nosuchbench'/);
  });
});
