import type { RedisOptions } from 'ioredis';
import type { ConnectionOptions } from 'node:tls';
import type { Backplane } from './backplane.ts';
import type { MessageLog, Retention } from './message-log.ts';
import { RedisBackplane } from './redis-backplane.ts';
import { ClusterRedis } from './redis-cluster.ts';
import { RedisLog } from './redis-log.ts';
import type { RedisProblem } from './redis-problem.ts';
import { SingleRedis } from './redis-single.ts';

/** Which Redis, and what is kept there. */
export interface ConnectRedisOptions extends Retention {
  /** `redis://user:password@host:port/db`, `rediss://` for TLS. */
  readonly url: string;
  /** The URL is that of a node of a Redis Cluster. Default false. */
  readonly isCluster?: boolean;
  /** Begins every key and channel. Default `halyard:`. */
  readonly prefix?: string;
  /** Names in Redis of channels that foreign programs know by another name than prefix and channel. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Milliseconds after which an append that could not be stored is refused. Default 5,000. */
  readonly patience?: number;
  /** Options of TLS, for `rediss:`. */
  readonly tls?: ConnectionOptions;
  /** Told why Redis cannot be reached: each reason once until it can. Default: nobody is told. */
  readonly onProblem?: (problem: RedisProblem) => void;
}

/** A backplane and a log on the same Redis. In words that need no types of `ioredis`, which may not be installed. */
export interface RedisPair {
  /** Publishes and subscribes. */
  readonly backplane: Required<Backplane>;
  /** Stores and reads. */
  readonly log: MessageLog;
  /** Closes both, and their connections. */
  close(): Promise<void>;
}

/** Begins to connect, and returns at once: while Redis cannot be reached, `backplane.state` is `away`. */
export function connectRedis({
  url,
  prefix = 'halyard:',
  tls,
  isCluster = false,
  aliases = {},
  onProblem,
  ...options
}: ConnectRedisOptions): RedisPair {
  const target = parseRedisUrl(url, tls);
  const Wire = isCluster ? ClusterRedis : SingleRedis;
  const backplane = new RedisBackplane(
    (events) => new Wire(target, { prefix, aliases: new Map(Object.entries(aliases)) }, events),
    onProblem,
  );
  const log = new RedisLog({ wire: backplane.wire, prefix, ...options });
  const close = async (): Promise<void> => {
    await Promise.all([log.close(), backplane.close()]);
  };
  return { backplane, log, close };
}

/** Throws a TypeError for what is no URL of a Redis. */
function parseRedisUrl(url: string, tls?: ConnectionOptions): RedisOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new TypeError('the URL of a Redis begins with redis: or rediss:');
  }
  const db = pathname.slice(1);
  if (!/^\d*$/.test(db)) {
    throw new TypeError(`the path of the URL of a Redis is the number of a database, got ${JSON.stringify(db)}`);
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(db && { db: Number(db) }),
    ...(protocol === 'rediss:' && { tls: tls ?? {} }),
  };
}
