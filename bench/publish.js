// Writes the results of the last full run into docs/performance.md: node bench/publish.js
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { benches } from './benches.js';
import { benchSection, losses } from './lib/markdown.js';
import { resultsFolder } from './lib/results.js';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';

const folder = resultsFolder(false);
const results = benches
  .map(({ name }) => join(folder, `${name}.json`))
  .filter(existsSync)
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));

const { machine, settings } = results[0];
const rounds = results.map((result) => result.settings.rounds);
const [fewest, most] = [Math.min(...rounds), Math.max(...rounds)];
const where = `${machine.cpu}, ${machine.cpus} CPUs, ${machine.platform}, Node ${machine.node}. ${fewest === most ? most : `${fewest} to ${most}`} rounds of ${settings.duration} ms (in-process benches: ${settings.micro} ms).`;

const text = [where, '### Where Halyard loses', losses(results), ...results.map(benchSection)].join('\n\n');
const page = readFileSync(PAGE, 'utf8');
const before = page.slice(0, page.indexOf(BEGIN) + BEGIN.length);
const after = page.slice(page.indexOf(END));
const whole = `${before}\n\n${text}\n\n${after}`;
writeFileSync(PAGE, await format(whole, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
