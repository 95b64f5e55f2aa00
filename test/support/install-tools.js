// @ts-check
/**
 * Runs before the tests: everything in find-tools.js is there, or is installed with one line that says so (Debian and
 * Ubuntu, as root or with a sudo that asks nothing), or the run ends here and says what to install.
 */
import { spawnSync } from 'node:child_process';
import { tools } from './find-tools.js';

const MINUTE = 60_000;

const missing = () => Object.values(tools).filter((tool) => tool.find() === undefined);

/**
 * The words to put before a command so that it runs as root, or undefined where that takes a password.
 * @returns {string[] | undefined}
 */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

/**
 * @param {string[]} prefix
 * @param {string[]} args
 * @param {number} timeout milliseconds
 */
function aptGet(prefix, args, timeout) {
  const [file = 'env', ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Acquire::Retries=2'];
  const result = spawnSync(file, [...rest, ...options, ...args], { encoding: 'utf8', timeout, maxBuffer: 1 << 26 });
  if (result.status === 0) return;
  const reason = result.error?.message ?? `exit code ${result.status}`;
  fail(`apt-get ${args.join(' ')} failed (${reason}):\n${result.stdout ?? ''}${result.stderr ?? ''}`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** @param {import('./find-tools.js').Tool[]} absent */
function describe(absent) {
  const lines = absent.map((tool) => `  ${tool.name} (Debian and Ubuntu: apt-get install ${tool.debian})`);
  return ['The tests need these programs, and cannot find them:', ...lines].join('\n');
}

const named = process.env.CHROMIUM;
if (named && tools.chromium.find() === undefined) fail(`CHROMIUM is ${named}, which is no program that can be run.`);

const absent = missing();
if (absent.length > 0) {
  const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  const prefix = hasApt ? asRoot() : undefined;
  if (prefix === undefined) fail(describe(absent));

  const packages = absent.map((tool) => tool.debian);
  console.log(`Installing what the tests need: apt-get install ${packages.join(' ')}`);
  aptGet(prefix, ['update'], 2 * MINUTE);
  aptGet(prefix, ['install', '-y', '--no-install-recommends', ...packages], 8 * MINUTE);

  const still = missing();
  if (still.length > 0) fail(describe(still));
}
