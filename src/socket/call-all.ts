import type { SendCallback } from '../protocol/outbox.ts';

/** Calls all, also when one of them throws. */
export function callAll(callbacks: readonly SendCallback[], error?: Error | null): void {
  let called = 0;
  try {
    while (called < callbacks.length) {
      const callback = callbacks[called++]!;
      if (error) callback(error);
      else callback();
    }
  } finally {
    if (called < callbacks.length) process.nextTick(callAll, callbacks.slice(called), error);
  }
}
