import { askKernel } from '../../src/protocol/long-mask.ts';

/** Asks for the kernel until it is made: so often that a test without it fails instead of waiting for it. */
export function makeKernel(): void {
  for (let i = 0; askKernel() === undefined; i++) if (i > 100_000) throw new Error('there is no kernel');
}
