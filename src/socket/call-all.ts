import type { SendCallback } from '../protocol/outbox.ts';

/**
 * Calls all. What one of them throws is thrown a little later: neither the others may miss their call, nor what a stream
 * does behind it be skipped.
 */
export function callAll(callbacks: readonly SendCallback[], error?: Error | null): void {
  for (const callback of callbacks) {
    try {
      if (error) callback(error);
      else callback();
    } catch (thrown) {
      process.nextTick(rethrow, thrown);
    }
  }
}

function rethrow(thrown: unknown): void {
  throw thrown;
}
