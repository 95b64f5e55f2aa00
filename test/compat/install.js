// @ts-check
/** Installs the packages where they are missing or others than the lockfile names. None needs its install script. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const mark = join(folder, 'node_modules', '.installed');

/** What is to be installed, in a word. */
function wanted() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

function installed() {
  try {
    return readFileSync(mark, 'utf8');
  } catch {
    return undefined;
  }
}

/** Runs before the tests of this folder, and by hand. */
export default function install() {
  if (installed() === wanted()) return;
  console.log('Installing the packages into test/compat/node_modules …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync(npm, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(mark, wanted());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install();
