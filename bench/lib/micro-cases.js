import { fileURLToPath } from 'node:url';
import { WITHOUT_ADDON, isInstalled } from '../servers/index.js';
import { startChild } from './child.js';
import { compare } from './compare.js';
import { interleave } from './interleave.js';

const WORKER = fileURLToPath(new URL('../micro/worker.js', import.meta.url));

/** Variants of the micro benches: whose task is run, in which environment. */
const VARIANTS = {
  halyard: { task: 'halyard', env: {}, isAvailable: () => true },
  ws: { task: 'ws', env: WITHOUT_ADDON, isAvailable: () => true },
  'ws + bufferutil': { task: 'ws', env: {}, isAvailable: () => isInstalled('bufferutil') },
};

/** Rounds before the first that counts, as a share of the time of all that do. */
const START = 2;

/**
 * @typedef {{ name: string, x?: number, params: object, variants?: readonly string[], quick?: boolean, goals?: import('./goals.js').Goals }} MicroCase
 *
 * @typedef {{ step(): unknown, messages: number, cycle?: number }} Task
 * `messages`: how many one step handles, on average; `cycle`: steps until it begins anew
 */

/**
 * Measures cases whose tasks a module exports as `tasks`: a function from `params` to a Task for each library.
 *
 * @param {string} module URL
 * @param {readonly MicroCase[]} cases
 * @param {import('./context.js').Context} context
 */
export async function runMicroCases(module, cases, { settings, selects, report }) {
  const results = [];
  for (const { name, x, params, variants: wanted = Object.keys(VARIANTS), quick = false, goals = {} } of cases) {
    if ((settings.quick && !quick) || !selects.case(name)) continue;
    const variants = wanted.filter((variant) => selects(variant) && VARIANTS[variant].isAvailable());
    const samples = await runCase(module, params, variants, settings);
    const result = { name, x, goals, variants: compare(samples) };
    report(result);
    results.push(result);
  }
  return results;
}

/**
 * @param {string} module
 * @param {object} params
 * @param {readonly string[]} variants
 * @param {import('./settings.js').Settings} settings
 */
async function runCase(module, params, variants, { rounds, micro }) {
  /** @type {Map<string, ReturnType<typeof startChild>>} */
  const workers = new Map();
  try {
    for (const variant of variants) {
      const { task, env } = VARIANTS[variant];
      const worker = startChild({ side: 'measured', command: [process.execPath, '--expose-gc', WORKER], env });
      workers.set(variant, worker);
      await worker.ask('prepare', { module, variant: task, params });
      await worker.ask('run', { duration: micro * START });
    }
    return await interleave(variants, rounds, (variant) => workers.get(variant).ask('run', { duration: micro }));
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
}
