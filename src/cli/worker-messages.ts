const STOP = 'halyard stop';

/** What the primary sends for a worker to stop. */
export const stopMessage = (): string => STOP;

/**
 * Resolves when the primary says that it is over, or at a SIGTERM for this worker alone. A SIGINT comes from a terminal, which
 * sends it to the primary too.
 */
export function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => {});
    process.once('SIGTERM', () => resolve());
    process.on('message', (message) => {
      if (message === STOP) resolve();
    });
  });
}
