import { benches } from './benches.js';
import { readArgs, USAGE, UsageError } from './lib/args.js';
import { barPlot } from './lib/bar-plot.js';
import { selection } from './lib/context.js';
import { buildWhenStale, installPeers } from './lib/prepare.js';
import { caseTable, shortfalls } from './lib/report.js';
import { resultsFolder, writeResults } from './lib/results.js';

/** @param {readonly string[]} names */
function choose(names) {
  const unknown = names.find((name) => benches.every((bench) => bench.name !== name));
  if (unknown !== undefined) throw new UsageError(`there is no bench '${unknown}'; see 'list'`);
  return names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
}

/** @param {ReturnType<typeof readArgs>} args @param {readonly import('./lib/context.js').Bench[]} chosen */
async function runAll(args, chosen) {
  const { settings } = args;
  const folder = args.out ?? resultsFolder(settings.quick);
  if (!args.asIs) {
    installPeers();
    buildWhenStale();
  }
  const missed = [];
  for (const bench of chosen) {
    console.log(`\n== ${bench.name}: ${bench.about}`);
    const cases = await bench.run({
      settings,
      selects: selection(args),
      report: (result) => console.log(caseTable(result, bench.unit)),
      fail(name, error) {
        console.error(`\n${name}: could not be measured:`, error);
        process.exitCode = 1;
      },
    });
    if (cases.length === 0) continue;
    writeResults(folder, { bench, settings, cases, svg: (bench.plot ?? plotBars(bench))(cases) });
    missed.push(...shortfalls(cases));
  }
  console.log(missed.length === 0 ? '\nNo goal missed.' : `\nShort of the goal:\n  ${missed.join('\n  ')}`);
  console.log(`JSON and SVG: ${folder}`);
}

/** @param {import('./lib/context.js').Bench} bench */
const plotBars = (bench) => (/** @type {import('./lib/context.js').CaseResult[]} */ cases) =>
  barPlot(bench.name, bench.unit, cases);

function main() {
  const args = readArgs(process.argv.slice(2));
  if (args.help) return console.log(USAGE);
  if (!args.benches.includes('list')) return runAll(args, choose(args.benches));
  for (const { name, about } of benches) console.log(`${name.padEnd(12)}${about}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}
