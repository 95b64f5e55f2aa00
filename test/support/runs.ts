/** How often a property is tried: `ordinary` in every run, `long` with HALYARD_FULL=1 (npm run test:full). */
export function runs(ordinary: number, long: number): { numRuns: number } {
  return { numRuns: process.env.HALYARD_FULL === '1' ? long : ordinary };
}
