import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './machine.js';

/** Where results go: those of quick runs apart, they are not for publication. @param {boolean} quick */
export const resultsFolder = (quick) =>
  fileURLToPath(new URL(quick ? '../results/quick' : '../results', import.meta.url));

const round = (/** @type {string} */ _, /** @type {unknown} */ value) =>
  typeof value === 'number' ? Number(value.toPrecision(5)) : value;

/**
 * Writes `<name>.json` (all rounds of everything) and `<name>.svg`.
 * @param {string} folder
 * @param {{ bench: import('./context.js').Bench, settings: import('./settings.js').Settings,
 *   cases: import('./context.js').CaseResult[], svg: string }} result
 */
export function writeResults(folder, { bench, settings, cases, svg }) {
  mkdirSync(folder, { recursive: true });
  const { name, about, unit } = bench;
  const json = { name, about, unit, settings, machine: machine(), cases };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, round, 1)}\n`);
  writeFileSync(join(folder, `${name}.svg`), svg);
}
