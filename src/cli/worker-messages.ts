import type { Worker } from 'node:cluster';

const STOP = 'halyard stop';
const METRICS = 'halyard metrics';
/** Milliseconds that all workers have to tell their metrics. */
const METRICS_TIMEOUT = 6_000;

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

interface MetricsMessage {
  readonly [METRICS]: string;
}

/** In a worker: the metrics of all workers together. */
export function askMetrics(): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      process.off('message', listener);
    };
    const listener = (message: unknown): void => {
      if (!isMetrics(message)) return;
      end();
      resolve(message[METRICS]);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error('the primary told no metrics'));
    }, METRICS_TIMEOUT);
    process.on('message', listener);
    process.send?.(METRICS);
  });
}

/** In the primary: answers `askMetrics` of a worker. */
export function tellMetrics(worker: Worker, collect: () => Promise<string>): void {
  worker.on('message', (message: unknown) => {
    if (message !== METRICS) return;
    collect().then(
      (text) => worker.send({ [METRICS]: text } satisfies MetricsMessage),
      // Who asked is told by its own deadline.
      () => {},
    );
  });
}

function isMetrics(message: unknown): message is MetricsMessage {
  return typeof message === 'object' && message !== null && Object.hasOwn(message, METRICS);
}
