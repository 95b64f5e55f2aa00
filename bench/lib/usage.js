/**
 * What this process has used so far: CPU in microseconds (user + system, all threads, garbage collection included)
 * and resident memory in bytes.
 */
export function usage() {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, rss: process.memoryUsage().rss };
}

/** Collects garbage, where the process was started with `--expose-gc`, until nothing more goes. */
export async function settle() {
  for (let i = 0; i < 4; i++) {
    if (globalThis.Bun) globalThis.Bun.gc(true);
    else globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
