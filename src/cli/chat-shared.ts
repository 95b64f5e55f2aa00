import cluster from 'node:cluster';
import type { Backplane } from '../pubsub/backplane.ts';
import { ClusterWorker } from '../pubsub/cluster-worker.ts';
import { MemoryBackplane } from '../pubsub/memory-backplane.ts';
import { MemoryLog } from '../pubsub/memory-log.ts';
import type { MessageLog } from '../pubsub/message-log.ts';
import type { ChatSettings } from './chat-options.ts';

/** What the processes of a chat share. */
export interface Shared {
  readonly backplane: Backplane;
  readonly log: MessageLog;
  close(): Promise<void>;
}

/** Redis if there is one, else the primary's memory, else this process's. */
export async function connectShared(settings: ChatSettings): Promise<Shared> {
  const { redis, isRedisCluster, takesAnyCertificate, prefix, channel } = settings;
  if (redis !== undefined) {
    // Loaded only here: who has no Redis needs no client for it.
    const { connectRedis } = await import('../pubsub/redis.ts');
    return connectRedis({
      url: redis,
      isCluster: isRedisCluster,
      prefix,
      ...(takesAnyCertificate && { tls: { rejectUnauthorized: false } }),
      onProblem: ({ code, message }) => process.stderr.write(`Redis is away (${code}): ${message}\n`),
      ...(channel !== undefined && { aliases: { lobby: channel } }),
    });
  }
  if (cluster.isWorker) {
    const worker = new ClusterWorker(process);
    return { backplane: worker.backplane, log: worker.log, close: async () => worker.close() };
  }
  return createMemory();
}

export function createMemory(): Shared {
  const backplane = new MemoryBackplane();
  const log = new MemoryLog({ backplane });
  return {
    backplane,
    log,
    close: async () => {
      await log.close();
      await backplane.close();
    },
  };
}
