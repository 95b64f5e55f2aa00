import { spawn } from 'node:child_process';
import { pin } from './cpus.js';

/** Nobody is left behind, however the run ends. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** A question that is not answered within this time ends the bench (milliseconds). */
const PATIENCE = 120_000;

/**
 * Starts a process that answers questions (see answer.js).
 *
 * @param {{ side: 'measured' | 'load', command: readonly string[], env?: Record<string, string> }} options
 * @returns {{ ask(question: string, data?: unknown): Promise<any>, stop(): Promise<void> }}
 */
export function startChild({ side, command, env = {} }) {
  const [program, ...args] = pin(side, command);
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
  });
  running.add(child);

  /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
  const open = new Map();
  const gone = new Promise((resolve) => {
    const end = (/** @type {Error} */ error) => {
      running.delete(child);
      for (const { reject } of open.values()) reject(error);
      open.clear();
      resolve(undefined);
    };
    child.once('error', end);
    child.once('exit', (code, signal) => end(new Error(`${command.join(' ')} ended with ${signal ?? code}`)));
  });

  child.on('message', (/** @type {any} */ { id, result, error }) => {
    const question = open.get(id);
    open.delete(id);
    if (error === undefined) question?.resolve(result);
    else question?.reject(new Error(error));
  });

  let nextId = 0;
  return {
    ask(question, data) {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${command.join(' ')}: no answer to '${question}' in ${PATIENCE} ms`)),
          PATIENCE,
        );
        open.set(id, {
          resolve: (value) => (clearTimeout(timer), resolve(value)),
          reject: (error) => (clearTimeout(timer), reject(error)),
        });
        child.send({ id, question, data }, (error) => error && open.get(id)?.reject(error));
      });
    },
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
