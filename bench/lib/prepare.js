import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = join(root, 'bench');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** The time of the youngest file under a folder. @param {string} folder @returns {number} */
function youngest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true }).map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? youngest(path) : statSync(path).mtimeMs;
    }),
  );
}

/** Installs the peers where they are missing. None of them needs its install script. */
export function installPeers() {
  if (existsSync(join(bench, 'node_modules'))) return;
  console.log('Installing the peers into bench/node_modules …');
  execFileSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: bench, stdio: 'inherit' });
}

/** Builds dist/ when a source is younger. */
export function buildWhenStale() {
  const built = join(root, 'dist', 'index.js');
  if (existsSync(built) && statSync(built).mtimeMs >= youngest(join(root, 'src'))) return;
  console.log('Building dist/ …');
  execFileSync(npm, ['run', 'build', '--silent'], { cwd: root, stdio: 'inherit' });
}
