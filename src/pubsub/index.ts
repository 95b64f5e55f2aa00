export {
  UnavailableError,
  type Backplane,
  type Payload,
  type SubscribeOptions,
  type Unsubscribe,
} from './backplane.ts';
export { serveWorker, type ServeWorkerOptions } from './cluster-primary.ts';
export { ClusterWorker } from './cluster-worker.ts';
export { connectRedis } from './connect-redis.ts';
export { FanOut, type FanOutOptions } from './fan-out.ts';
export { Hub, type HubOptions, type JoinOptions, type PublishOptions, type Render } from './hub.ts';
export { MemoryBackplane } from './memory-backplane.ts';
export { MemoryLog, type MemoryLogOptions } from './memory-log.ts';
export type { Appended, AppendOptions, LogEntry, LogPage, MessageLog, ReadOptions, Retention } from './message-log.ts';
export type { ConnectRedisOptions, RedisPair } from './redis.ts';
export type { RedisProblem } from './redis-problem.ts';
export type { Replay } from './replay.ts';
export type { SlowPolicy, Subscriber } from './subscriber.ts';
