import { fileURLToPath } from 'node:url';
import { WITHOUT_ADDON, isInstalled } from '../servers/index.js';
import { startChild } from './child.js';
import { interleave } from './interleave.js';
import { runCases } from './run-cases.js';

const WORKER = fileURLToPath(new URL('../micro/worker.js', import.meta.url));

/**
 * The allocator of glibc keeps what is freed. By itself it gives memory back to the system or not as luck would have it in
 * each process, and messages of a megabyte then cost up to twice as much: fresh pages, which are the system's work.
 */
const STEADY_MEMORY = { MALLOC_TRIM_THRESHOLD_: String(256 << 20), MALLOC_MMAP_THRESHOLD_: String(32 << 20) };

/** Variants of the micro benches: whose task is run, in which environment. */
const VARIANTS = {
  halyard: { task: 'halyard', env: {}, isAvailable: () => true },
  ws: { task: 'ws', env: WITHOUT_ADDON, isAvailable: () => true },
  'ws + bufferutil': { task: 'ws', env: {}, isAvailable: () => isInstalled('bufferutil') },
};

/**
 * @typedef {Omit<import('./run-cases.js').Case, 'variants'> & { variants?: readonly string[], params: object }} MicroCase
 * all variants unless it names some
 *
 * @typedef {{ step(): unknown, messages: number, cycle?: number, idle?: () => unknown }} Task
 * `messages`: how many one step handles, on average; `cycle`: steps until it begins anew; `idle`: what of a step is the
 * bench's own doing, and taken off
 */

/**
 * Measures cases whose tasks a module exports as `tasks`: a function from `params` to a Task for each library.
 *
 * @param {string} module URL
 * @param {readonly MicroCase[]} cases
 * @param {import('./context.js').Context} context
 */
export const runMicroCases = (module, cases, context) =>
  runCases(
    cases.map((one) => ({ variants: Object.keys(VARIANTS), ...one })),
    context,
    (variant) => VARIANTS[variant].isAvailable(),
    ({ params }, variants) => runCase(module, params, variants, context.settings),
  );

/**
 * @param {string} module
 * @param {object} params
 * @param {readonly string[]} variants
 * @param {import('./settings.js').Settings} settings
 */
function runCase(module, params, variants, { rounds, start, micro }) {
  // A process for each round: what the compiler makes of the same code differs by a fifth from one start to another.
  return interleave(variants, rounds, async (variant) => {
    const { task, env } = VARIANTS[variant];
    const command = [process.execPath, '--expose-gc', WORKER];
    const worker = startChild({ side: 'measured', command, env: { ...STEADY_MEMORY, ...env } });
    try {
      await worker.ask('prepare', { module, variant: task, params });
      await worker.ask('run', { duration: start / 2 });
      return await worker.ask('run', { duration: micro });
    } finally {
      await worker.stop();
    }
  });
}
