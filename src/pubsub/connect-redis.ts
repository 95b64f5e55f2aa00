import type { ConnectRedisOptions, RedisPair } from './redis.ts';

/**
 * A backplane and a log on Redis. Loads `ioredis`, which is an optional dependency, and begins to connect; while Redis cannot be
 * reached, `backplane.state` is `away`. Rejects if `ioredis` is not installed, or if `url` is no URL of a Redis.
 */
export async function connectRedis(options: ConnectRedisOptions): Promise<RedisPair> {
  const { connectRedis: connect } = await import('./redis.ts');
  return connect(options);
}
