// @ts-check
/**
 * `npm run test:full`: the properties with their long numbers of runs on this Node, then the ordinary run on each Node
 * release that the package promises. The releases come as the npm package `node`. Takes hours.
 */
import { spawnSync } from 'node:child_process';

const RELEASES = ['20.19', '22', '24'];
const VITEST = 'node_modules/vitest/vitest.mjs run';

/**
 * @param {string} title
 * @param {string[]} command
 * @param {Record<string, string>} [environment]
 * @returns {boolean} whether it succeeded
 */
function run(title, command, environment = {}) {
  const [file = '', ...args] = command;
  console.log(`\n── ${title}: ${command.join(' ')}`);
  return spawnSync(file, args, { stdio: 'inherit', env: { ...process.env, ...environment } }).status === 0;
}

/** @type {[string, () => boolean][]} */
const steps = [
  ['checks', () => run('checks', ['npm', 'run', 'pretest'])],
  [
    `long run on Node ${process.versions.node}`,
    () => run('long run', [process.execPath, ...VITEST.split(' ')], { HALYARD_FULL: '1' }),
  ],
  ...RELEASES.map((release) => {
    const title = `Node ${release}`;
    const command = ['npx', '--yes', '--package', `node@${release}`, '--call', `node --version && node ${VITEST}`];
    return /** @type {[string, () => boolean]} */ ([title, () => run(title, command)]);
  }),
];

const verdicts = steps.map(([title, step]) => ({ title, passed: step() }));
console.log('');
for (const { title, passed } of verdicts) console.log(`${passed ? 'passed' : 'FAILED'}  ${title}`);
process.exit(verdicts.every(({ passed }) => passed) ? 0 : 1);
