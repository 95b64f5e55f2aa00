import { fileURLToPath } from 'node:url';
import { WITHOUT_ADDON, isInstalled } from '../servers/index.js';
import { startChild } from './child.js';
import { interleave } from './interleave.js';
import { runCases } from './run-cases.js';
import { middleMean } from './stats.js';

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

/** Parts of a round in which the variants take turns: a shared machine changes its speed within a second. */
const TURNS = 10;

/**
 * @param {string} module
 * @param {object} params
 * @param {readonly string[]} variants
 * @param {import('./settings.js').Settings} settings
 */
async function runCase(module, params, variants, { rounds, start, micro }) {
  /** @type {Record<string, import('./compare.js').Sample[]>} */
  const samples = Object.fromEntries(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    // Processes of its own for each round: what the compiler makes of the same code differs by a fifth from start to start.
    const workers = new Map(variants.map((variant) => [variant, startWorker(variant)]));
    try {
      for (const [variant, worker] of workers) {
        await worker.ask('prepare', { module, variant: VARIANTS[variant].task, params });
        await worker.ask('run', { duration: start / 4 });
      }
      const turns = await interleave(variants, TURNS, (variant) =>
        workers.get(variant).ask('run', { duration: micro / TURNS }),
      );
      for (const variant of variants) samples[variant].push({ cost: middleMean(turns[variant].flat()) });
    } finally {
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    }
  }
  return samples;
}

/** @param {string} variant */
function startWorker(variant) {
  const command = [process.execPath, WORKER];
  return startChild({ side: 'measured', command, env: { ...STEADY_MEMORY, ...VARIANTS[variant].env } });
}
