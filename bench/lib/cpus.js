import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The numbers of the CPUs that this process may run on, or none where the system does not tell. */
function allowedCpus() {
  try {
    const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return [];
  }
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const cpus = allowedCpus();
const pinned = cpus.length >= 2 && hasTaskset();

/**
 * Who runs where: what is measured on one CPU, the load on another, so that neither takes time from the other.
 * Undefined where there is only one CPU or no `taskset`.
 */
export const placement = pinned ? { measured: cpus[0], load: cpus[1] } : undefined;

/**
 * The command line that starts a program on its CPU.
 * @param {'measured' | 'load'} side
 * @param {readonly string[]} command
 * @returns {string[]}
 */
export function pin(side, command) {
  return placement === undefined ? [...command] : ['taskset', '-c', String(placement[side]), ...command];
}
