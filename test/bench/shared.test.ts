import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const run = fileURLToPath(new URL('../../bench/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'halyard-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['hub', 'halyard hub with log', ['cost', 'rate']],
  ['workers', '2 workers', ['cost', 'perCpuSecond', 'busy']],
  ['pubsub', 'halyard', ['cost', 'p50', 'redisCpu', 'publisherCpu', 'memberCpu']],
  ['pubsub-http', '1,000 sockets listen', ['cost', 'p50', 'rate', 'deliveries']],
])('%s measures what it promises', { timeout: 60_000 }, (name, variant, figures) => {
  const only = variant.includes(',') ? [] : ['--only', variant];
  execFileSync(process.execPath, [run, name, '--quick', '--rounds', '1', '--as-is', '--out', folder, ...only], {
    stdio: 'pipe',
  });
  const { cases } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  for (const figure of figures) expect(cases[0].variants[variant].figures[figure].median).toBeGreaterThan(0);
});
