import { describe } from 'vitest';
import type { RedisPair } from '../../src/pubsub/redis.ts';
import type { Retention } from '../../src/pubsub/message-log.ts';
import { backplaneContract } from './backplane.contract.ts';
import { logContract } from './message-log.contract.ts';

/** What one more process is told: all that share a prefix are together. */
export type Connect = (options: Retention & { readonly prefix: string }) => Promise<RedisPair>;

let count = 0;

/** A prefix that nobody had. */
export const freshPrefix = (): string => `test${++count}:`;

/** Both contracts, for two processes on the same Redis of that name. */
export function redisContract(name: string, connect: Connect): void {
  const connectBoth = async (retention: Retention = {}) => {
    const prefix = freshPrefix();
    const [here, there] = [await connect({ prefix, ...retention }), await connect({ prefix, ...retention })];
    const close = async (): Promise<void> => {
      await Promise.all([here.close(), there.close()]);
    };
    return { here, there, close };
  };

  describe(`${name} backplane`, () => {
    backplaneContract(async () => {
      const { here, there, close } = await connectBoth();
      return { backplanes: [here.backplane, there.backplane], close };
    });
  });

  describe(`${name} log`, () => {
    logContract(async (retention) => {
      const { here, there, close } = await connectBoth(retention);
      return { log: here.log, other: there.log, backplane: here.backplane, close };
    });
  });
}
