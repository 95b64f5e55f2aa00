import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The built command in a process of its own, and what it prints. */
export class Command {
  readonly child: ChildProcess;
  /** The process is gone, and all that it printed is here. */
  readonly #closed: Promise<unknown>;
  out = '';
  err = '';

  /** @param wrapper what runs node, if not we */
  constructor(args: readonly string[], env: Record<string, string> = {}, wrapper: readonly string[] = []) {
    const { PATH = '' } = process.env;
    const [program = process.execPath, ...rest] = [...wrapper, process.execPath, MAIN, ...args];
    this.child = spawn(program, rest, { env: { PATH, ...env }, stdio: 'pipe' });
    this.child.stdout?.on('data', (data) => {
      this.out += String(data);
    });
    this.child.stderr?.on('data', (data) => {
      this.err += String(data);
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    this.#closed = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** A chat on a free port of 127.0.0.1; resolves when it listens. */
  static async chat(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Command> {
    const command = new Command(['chat', '--port', '0', '--host', '127.0.0.1', '--quiet', ...args], env);
    await command.prints(/The chat is at /);
    return command;
  }

  /** Where a chat is. */
  get http(): string {
    return /The chat is at (http:\S+)/.exec(this.out)?.[1] ?? '';
  }

  get ws(): string {
    return `${this.http.replace('http', 'ws')}/chat`;
  }

  /** Resolves with what the pattern finds in the output. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (const end = performance.now() + 15_000; performance.now() < end;) {
      const found = pattern.exec(this.out);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${String(pattern)} was not printed, but:\n${this.out}\n${this.err}`);
  }

  /** Resolves with the exit code when the process is gone, and with null if a signal ended it. */
  async exit(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal);
    return this.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
