import { expect } from 'vitest';

/** `expect` of what will be so soon, also on a busy machine. */
export const eventually = <T>(what: () => T): ReturnType<typeof expect.poll<Awaited<T>>> =>
  expect.poll(what as () => Awaited<T>, { timeout: 8_000, interval: 20 });
