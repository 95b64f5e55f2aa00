import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command as a page or a configuration has it, in a process of its own with no environment but its own. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  constructor([file = '', ...args]: readonly string[], { cwd, env = {} }: ProgramOptions = {}) {
    const { PATH = '' } = process.env;
    this.#child = spawn(file, args, { ...(cwd !== undefined && { cwd }), env: { PATH, ...env }, stdio: 'pipe' });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (data) => {
        this.#output += String(data);
      });
    }
    running.add(this.#child);
    this.#child.once('exit', () => running.delete(this.#child));
  }

  /** Resolves when the check does not reject any more; rejects if the program ends before. */
  async until(check: () => Promise<unknown>): Promise<void> {
    for (const end = performance.now() + 15_000; performance.now() < end; await sleep(20)) {
      if (this.#child.exitCode !== null) break;
      const isWell = await check().then(
        () => true,
        () => false,
      );
      if (isWell) return;
    }
    throw new Error(`${this.#child.spawnargs.join(' ')} is not there, but:\n${this.#output}`);
  }

  /** Resolves with the exit code, null if a signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
