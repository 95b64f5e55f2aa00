/**
 * Resolves at the first SIGTERM or SIGINT. A second one ends the process at once, as it would have without this.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const listener = (signal: NodeJS.Signals): void => {
      process.off('SIGTERM', listener).off('SIGINT', listener);
      resolve(signal);
    };
    process.on('SIGTERM', listener).on('SIGINT', listener);
  });
}
