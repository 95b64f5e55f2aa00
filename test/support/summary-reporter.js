// @ts-check
/** @import { Reporter } from 'vitest/node' */

/**
 * Ends the run with one line, `N passed, N failed`, for people and for scripts that read it. A file that could not be
 * loaded and an error outside of all tests count as failures; a skipped test is told, because none is meant to be.
 * @implements {Reporter}
 */
export default class SummaryReporter {
  /** @type {NonNullable<Reporter['onTestRunEnd']>} */
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const results = [...module.children.allTests()].map((test) => test.result().state);
      for (const state of results) count[state]++;
      const broken = module.state() === 'failed' && !results.includes('failed');
      if (broken) count.failed++;
    }
    const unfinished = count.skipped + count.pending;
    console.log(`${count.passed} passed, ${count.failed} failed${unfinished > 0 ? `, ${unfinished} not run` : ''}`);
  }
}
