import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The built chat in a process of its own, as `npm start` runs it. */
export class ChatProcess {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves when it listens; port 0 is any free one. */
  static async start(port = 0): Promise<ChatProcess> {
    const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1' };
    const child = spawn(process.execPath, [MAIN, 'chat', '--quiet'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      const at = /http:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
      if (at) {
        child.stdout.resume();
        return new ChatProcess(child, Number(at));
      }
    }
    throw new Error('the chat did not start');
  }

  /** Ends the process without giving it a chance to say so. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
