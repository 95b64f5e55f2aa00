import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isListening } from './ports.ts';
import type { PackedPackage } from './packed-package.ts';
import type { Example } from './runnable-examples.ts';

const TIMEOUT = 10_000;
const PORT_IN_THE_TEXT = /\b8080\b/g;

/** Runs the examples of one group against an installed package; rejects, with what they printed, if one fails. */
export async function runExamples(name: string, examples: readonly Example[], user: PackedPackage): Promise<void> {
  const port = await freePort();
  const servers = examples.filter(({ prints }) => prints === undefined);
  const others = examples.filter(({ prints }) => prints !== undefined);
  const running: Running[] = [];
  try {
    for (const [i, example] of [...servers, ...others].entries()) {
      const file = `${name}-${i}.${example.extension}`;
      await user.write(file, example.source.replace(PORT_IN_THE_TEXT, String(port)));
      if (example.extension === 'ts') await user.compile(file);
      const program = start(file.replace('.ts', '.js'), user.folder, { PORT: String(port) });
      running.push(program);
      if (example.prints === undefined) await listens(port, program);
      else program.expected = example.prints;
    }
    for (const program of running) await printed(program);
  } finally {
    await Promise.all(running.map(end));
  }
}

interface Running {
  readonly file: string;
  readonly child: ChildProcess;
  output: string;
  /** It ended, and all of its output is there. */
  closed: boolean;
  expected?: string;
}

function start(file: string, cwd: string, environment: Record<string, string>): Running {
  const child = spawn(process.execPath, [file], { cwd, env: { ...process.env, ...environment }, stdio: 'pipe' });
  const program: Running = { file, child, output: '', closed: false };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      program.output += chunk.toString();
    });
  }
  child.once('close', () => {
    program.closed = true;
  });
  return program;
}

/** Resolves when the condition holds; a program that has ended will not fulfil it any more. */
async function waitFor(program: Running, what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + TIMEOUT;
  for (;;) {
    const ended = program.closed;
    if (await holds()) return;
    if (performance.now() > deadline || ended) {
      throw new Error(`${program.file} should have ${what}; it printed:\n${program.output}`);
    }
    await sleep(20);
  }
}

function listens(port: number, program: Running): Promise<void> {
  return waitFor(program, `listened on port ${port}`, () => isListening(port, 'localhost'));
}

async function printed(program: Running): Promise<void> {
  const { expected } = program;
  if (expected === undefined) return;
  await waitFor(program, `printed "${expected}"`, () => program.output.includes(expected));
}

async function end({ child, closed }: Running): Promise<void> {
  if (closed) return;
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}
