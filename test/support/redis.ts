import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './ports.ts';
import { redisCliPath, redisServerPath } from './tools.ts';

export interface RedisOptions {
  /** Keeps an append-only file, so that `kill()` and `restart()` bring the data back. Default: nothing on disk. */
  appendonly?: boolean;
  /** Starts in cluster mode; `RedisCluster` joins such servers. */
  cluster?: boolean;
  /** More lines of redis.conf, for instance `{ requirepass: 'secret', 'appendfsync': 'everysec' }`. */
  config?: Readonly<Record<string, string>>;
  /** More of the environment of the process. */
  env?: Readonly<Record<string, string>>;
}

const READY = 'Ready to accept connections';
/** Loading an append-only file on a busy machine included. */
const START_TIMEOUT = 20_000;

const run = promisify(execFile);
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One real redis-server on 127.0.0.1, with a folder of its own under the system's temporary one. */
export class RedisServer {
  readonly port: number;
  /** Where the nodes of a cluster talk to each other. */
  readonly busPort: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'halyard-redis-'));
  readonly #options: RedisOptions;
  #child: ChildProcess | undefined;

  private constructor(port: number, busPort: number, options: RedisOptions) {
    this.port = port;
    this.busPort = busPort;
    this.#options = options;
  }

  /** Resolves when the server answers; a port that somebody else took meanwhile is exchanged for another. */
  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const [port = 0, busPort = 0] = await freePorts(2);
      const server = new RedisServer(port, busPort, options);
      try {
        await server.#launch();
        return server;
      } catch (error) {
        await server.close();
        if (attempt === 5 || !String(error).includes('in use')) throw error;
      }
    }
  }

  get url(): string {
    const password = this.#options.config?.['requirepass'];
    return `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${this.port}`;
  }

  /** The process id, for what the methods below do not do; undefined while the server is down. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** SIGKILL, as a crash would end it. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM: the server says goodbye and writes what it has to write. Resolves when the process is gone. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGSTOP: connections stay open, nothing is answered. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /**
   * Starts again on the same port, after a `kill()` if it still runs.
   * @param options.data false: without what it had stored. Default true; what returns then is what `appendonly` kept.
   */
  async restart({ data = true }: { data?: boolean } = {}): Promise<void> {
    await this.kill();
    if (!data) rmSync(join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
    await this.#launch();
  }

  /** What redis-cli prints for a command, without the newline at its end; rejects on an error reply or after 10 s. */
  async command(...args: string[]): Promise<string> {
    const password = this.#options.config?.['requirepass'];
    const login = password ? ['--no-auth-warning', '-a', password] : [];
    const { stdout } = await run(redisCliPath(), ['-e', '-p', String(this.port), ...login, ...args], {
      timeout: 10_000,
      maxBuffer: 1 << 26,
    });
    return stdout.replace(/\n$/, '');
  }

  /** Ends the process and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #launch(): Promise<void> {
    const { appendonly = false, cluster = false, config = {}, env = {} } = this.#options;
    const settings: Record<string, string> = {
      bind: '127.0.0.1',
      port: String(this.port),
      dir: this.#folder,
      save: '',
      appendonly: appendonly ? 'yes' : 'no',
      ...(cluster && {
        'cluster-enabled': 'yes',
        'cluster-port': String(this.busPort),
        'cluster-node-timeout': '2000',
      }),
      ...config,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(redisServerPath(), args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    await becomesReady(child);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await gone;
  }
}

function becomesReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const timer = setTimeout(() => reject(new Error(`redis-server is not ready:\n${log}`)), START_TIMEOUT);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`redis-server ended at its start:\n${log}`));
    });
    const read = (chunk: Buffer): void => {
      if (log.includes(READY)) return;
      log += chunk.toString();
      if (!log.includes(READY)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
}

const SLOTS = 16_384;
const PRIMARIES = 3;

/** A real Redis Cluster on 127.0.0.1: three primaries that share the slots, and replicas where asked for. */
export class RedisCluster {
  readonly primaries: readonly RedisServer[];
  /** The i-th one replicates the i-th primary. */
  readonly replicas: readonly RedisServer[];

  private constructor(primaries: RedisServer[], replicas: RedisServer[]) {
    this.primaries = primaries;
    this.replicas = replicas;
  }

  /** Resolves when every node says `cluster_state:ok`, a few seconds after the start. */
  static async start({ replicas = false, config = {} }: { replicas?: boolean; config?: RedisOptions['config'] } = {}) {
    const count = PRIMARIES * (replicas ? 2 : 1);
    const nodes = await Promise.all(
      Array.from({ length: count }, () => RedisServer.start({ cluster: true, config: config ?? {} })),
    );
    const cluster = new RedisCluster(nodes.slice(0, PRIMARIES), nodes.slice(PRIMARIES));
    try {
      await cluster.#join();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get nodes(): readonly RedisServer[] {
    return [...this.primaries, ...this.replicas];
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #join(): Promise<void> {
    const [first] = this.nodes;
    for (const [i, node] of this.primaries.entries()) {
      const from = Math.ceil((SLOTS * i) / PRIMARIES);
      const to = Math.ceil((SLOTS * (i + 1)) / PRIMARIES) - 1;
      await node.command('cluster', 'addslotsrange', String(from), String(to));
      // Distinct from the start, or the nodes argue about them first.
      await node.command('cluster', 'set-config-epoch', String(i + 1));
    }
    for (const node of this.nodes.slice(1)) {
      await first?.command('cluster', 'meet', '127.0.0.1', String(node.port), String(node.busPort));
    }
    await this.#everyNode((info) => info.includes(`cluster_known_nodes:${this.nodes.length}`));
    for (const [i, replica] of this.replicas.entries()) {
      const id = await this.primaries[i]?.command('cluster', 'myid');
      await until(() => replica.command('cluster', 'replicate', String(id)).then(Boolean, () => false));
    }
    await this.#everyNode((info) => info.includes('cluster_state:ok'));
    for (const replica of this.replicas) {
      await until(async () => (await replica.command('info', 'replication')).includes('master_link_status:up'));
    }
  }

  async #everyNode(agrees: (info: string) => boolean): Promise<void> {
    for (const node of this.nodes) await until(async () => agrees(await node.command('cluster', 'info')));
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + START_TIMEOUT;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('the nodes of the Redis Cluster do not agree');
    await sleep(50);
  }
}
