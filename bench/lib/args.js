import { parseArgs } from 'node:util';
import { FULL, QUICK } from './settings.js';

export const USAGE = `npm run bench -- [bench …] [options]
npm run bench -- list               what there is

  --quick                           every bench for about a second
  --only ws,halyard                 these variants
  --case 125,1,000                  cases whose name has one of these parts, separated by ';'
  --rounds 5  --time 1000           rounds, and milliseconds of each
  --as-is                           install and build nothing first
  --out folder                      where JSON and SVG go (bench/results)`;

/** The command line asks for what there is not. */
export class UsageError extends Error {}

/** @param {string | undefined} list @param {string} separator */
const split = (list, separator) => list?.split(separator).map((part) => part.trim()) ?? [];

/** @param {string | undefined} text @param {string} name */
function positive(text, name) {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} takes a whole number above 0, not ${text}`);
  return Number(text);
}

/** @param {readonly string[]} args */
export function readArgs(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      case: { type: 'string' },
      rounds: { type: 'string' },
      time: { type: 'string' },
      out: { type: 'string' },
      'as-is': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const basis = values.quick ? QUICK : FULL;
  const time = positive(values.time, 'time');
  return {
    benches: positionals,
    help: values.help,
    asIs: values['as-is'],
    out: values.out,
    variants: split(values.only, ','),
    cases: split(values.case, ';'),
    settings: {
      ...basis,
      rounds: positive(values.rounds, 'rounds') ?? basis.rounds,
      duration: time ?? basis.duration,
      micro: time ?? basis.micro,
    },
  };
}
