import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveWorker } from '../pubsub/cluster-primary.ts';
import type { ChatSettings } from './chat-options.ts';
import { createMemory } from './chat-shared.ts';
import { ifInstalled } from './if-installed.ts';
import { urlOf } from './options.ts';
import { untilSignal } from './until-signal.ts';
import { stopMessage, tellMetrics } from './worker-messages.ts';

/** A worker that lived for less than this is not replaced at once, but after this many milliseconds. */
const RESTART_DELAY = 1_000;
/** Milliseconds that workers have to stop. */
const STOP_TIMEOUT = 12_000;

/** Starts the workers, replaces those that die, and stops them all on SIGTERM or SIGINT. */
export async function runPrimary({ workers, host, redis }: ChatSettings): Promise<void> {
  cluster.setupPrimary({ serialization: 'advanced' });
  const shared = redis === undefined ? createMemory() : undefined;
  const prometheus = await ifInstalled(import('prom-client'));
  const metrics = prometheus && new prometheus.AggregatorRegistry();
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;

  const start = (): Worker => {
    const worker = cluster.fork();
    const began = performance.now();
    if (metrics) tellMetrics(worker, () => metrics.clusterMetrics());
    const end = shared && serveWorker(worker, shared);
    worker.once('exit', (code, signal) => {
      end?.();
      if (isStopping) return;
      process.stderr.write(`worker ${worker.id} ended: ${signal ?? code}\n`);
      const wait = performance.now() - began < RESTART_DELAY ? RESTART_DELAY : 0;
      timer = setTimeout(start, wait);
    });
    return worker;
  };

  const signal = untilSignal();
  try {
    await listening(Array.from({ length: workers }, start), host);
  } catch (error) {
    // Nobody takes the place of a worker that could not even start.
    isStopping = true;
    clearTimeout(timer);
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
    await shared?.close();
    throw error;
  }
  process.stdout.write(`${await signal}: stopping ${workers} workers\n`);
  isStopping = true;
  clearTimeout(timer);
  await stopAll();
  await shared?.close();
}

/** Tells where the chat is when all workers listen. A worker that cannot at the very start is fatal. */
async function listening(workers: readonly Worker[], host: string | undefined): Promise<void> {
  const told = workers.map(async (worker) => {
    const failed = once(worker, 'exit').then(() => {
      throw new Error('a worker could not start');
    });
    const [address] = (await Promise.race([once(worker, 'listening'), failed])) as [{ port: number }];
    failed.catch(() => {});
    return address.port;
  });
  const [port = 0] = await Promise.all(told);
  process.stdout.write(`The chat is at ${urlOf('http', host, port)}\n`);
}

async function stopAll(): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const gone = Promise.all(workers.map((worker) => worker.isDead() || once(worker, 'exit')));
  for (const worker of workers) if (worker.isConnected()) worker.send(stopMessage());
  const late = new AbortController();
  const killing = sleep(STOP_TIMEOUT, undefined, { signal: late.signal }).then(
    () => {
      for (const worker of workers) worker.process.kill('SIGKILL');
    },
    () => {},
  );
  await gone;
  late.abort();
  await killing;
}
