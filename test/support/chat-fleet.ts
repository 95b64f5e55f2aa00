import { Crowd, type CrowdOptions } from '../chat/crowd.ts';
import { Command } from '../cli/command.ts';
import { FaultLine } from './fault-line.ts';
import { freePort } from './ports.ts';
import { RedisServer, type RedisOptions } from './redis.ts';
import { until } from './until.ts';

/** Nothing that Redis has acknowledged is lost when it is killed. */
export const DURABLE: RedisOptions = { appendonly: true, config: { appendfsync: 'always' } };

/** A chat server in a process of its own, which can be started again on its port. */
export class FleetServer {
  #command: Command;
  readonly #args: readonly string[];
  readonly #env: Record<string, string>;

  private constructor(command: Command, args: readonly string[], env: Record<string, string>) {
    this.#command = command;
    this.#args = args;
    this.#env = env;
  }

  static async start(args: readonly string[], env: Record<string, string>): Promise<FleetServer> {
    const all = [...args, '--port', String(await freePort())];
    return new FleetServer(await Command.chat(all, env), all, env);
  }

  get url(): string {
    return this.#command.ws;
  }

  /** What it printed where errors go, beside that Redis is away. */
  get complaints(): string {
    return this.#command.err.replaceAll(/^Redis is away \([A-Z]+\): .*\n/gm, '');
  }

  get pid(): number {
    return this.#command.child.pid ?? 0;
  }

  /** Resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    return this.#command.kill(signal);
  }

  /** Resolves when it listens again. */
  async restart(): Promise<void> {
    await this.end('SIGKILL');
    this.#command = await Command.chat(this.#args, this.#env);
  }

  async backplane(): Promise<string> {
    const { backplane } = (await (await fetch(`${this.#command.http}/healthz`)).json()) as { backplane: string };
    return backplane;
  }

  /** What time it is there, as HTTP says it. */
  async date(): Promise<string> {
    return (await fetch(`${this.#command.http}/healthz`)).headers.get('date') ?? '';
  }

  /** The sum over all labels that a metric has. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#command.http}/metrics`)).text();
    if (!text.includes(`# TYPE ${name} `)) throw new Error(`there is no metric ${name}`);
    const samples = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}

export interface FleetOptions {
  /** Default 2. */
  readonly servers?: number;
  /** More arguments of `halyard chat`. */
  readonly args?: readonly string[];
  /** More of the environment of the servers. */
  readonly env?: Record<string, string>;
  readonly redis?: RedisOptions;
  readonly crowd?: Omit<CrowdOptions, 'urls'>;
}

/** Chat servers that share a Redis, each over a line of its own that can fail, and a crowd on all of them. */
export class Fleet {
  readonly redis: RedisServer;
  readonly lines: readonly FaultLine[];
  readonly servers: readonly FleetServer[];
  readonly crowd: Crowd;

  private constructor(parts: Pick<Fleet, 'redis' | 'lines' | 'servers' | 'crowd'>) {
    this.redis = parts.redis;
    this.lines = parts.lines;
    this.servers = parts.servers;
    this.crowd = parts.crowd;
  }

  /** Resolves when everybody is in their room. */
  static async start({ servers: count = 2, args = [], env = {}, redis: options, crowd: more }: FleetOptions = {}) {
    const redis = await RedisServer.start({ ...DURABLE, ...options });
    const lines = await Promise.all(Array.from({ length: count }, () => FaultLine.to(redis.port)));
    const servers = await Promise.all(
      lines.map(({ port }) => FleetServer.start(args, { ...env, REDIS_URL: `redis://127.0.0.1:${port}` })),
    );
    const crowd = await Crowd.join({ urls: servers.map(({ url }) => url), ...more });
    return new Fleet({ redis, lines, servers, crowd });
  }

  /** Lets the crowd talk, until it settles; resolves when some of it is acknowledged. */
  async talk(): Promise<void> {
    const before = this.crowd.acknowledged;
    this.crowd.talk();
    await until('the crowd is acknowledged', () => this.crowd.acknowledged > before + 40);
  }

  /** Resolves with the milliseconds until all servers say so of their backplane. */
  become(state: 'ready' | 'away', time: number, servers: readonly FleetServer[] = this.servers): Promise<number> {
    const agree = async (): Promise<boolean> => {
      const states = await Promise.all(servers.map((server) => server.backplane()));
      return states.every((told) => told === state);
    };
    return until(`the backplane is ${state}`, agree, time);
  }

  async close(): Promise<void> {
    this.crowd.leave();
    await Promise.all(this.servers.map((server) => server.end('SIGKILL')));
    await Promise.all(this.lines.map((line) => line.close()));
    await this.redis.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
