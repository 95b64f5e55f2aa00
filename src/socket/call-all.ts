import type { SendCallback } from '../protocol/outbox.ts';

/** Calls all, each apart from what the others throw. */
export function callAll(callbacks: readonly SendCallback[], error?: Error | null): void {
  for (const callback of callbacks) callApart(callback, error);
}

/**
 * Calls one. What it throws is thrown a little later: neither others may miss their call, nor what a stream does behind
 * it be skipped.
 */
export function callApart(callback: SendCallback, error?: Error | null): void {
  try {
    if (error) callback(error);
    else callback();
  } catch (thrown) {
    throwLater(thrown);
  }
}

/** Throws where nobody else is in the way of it. */
export function throwLater(thrown: unknown): void {
  process.nextTick(rethrow, thrown);
}

function rethrow(thrown: unknown): void {
  throw thrown;
}
