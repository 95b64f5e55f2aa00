import { describe, expect, it } from 'vitest';
import { ChatServer } from '../../src/chat/chat-server.ts';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import { until } from '../support/until.ts';

/** A backplane that counts its subscriptions, and refuses those beyond `most`. */
class Counted extends MemoryBackplane {
  held = 0;
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override async subscribe(...args: Parameters<MemoryBackplane['subscribe']>) {
    if (this.held === this.#most) throw Object.assign(new Error('no more'), { code: 'NO_MORE' });
    this.held++;
    const unsubscribe = await super.subscribe(...args);
    return async () => {
      this.held--;
      await unsubscribe();
    };
  }
}

describe('a chat that cannot listen', () => {
  it.each([
    ['its port is none', 65_536, Infinity, 'ERR_SOCKET_BAD_PORT'],
    ['it cannot subscribe to all it needs', 0, 1, 'NO_MORE'],
  ])('lets go of what it had begun: %s', async (_, port, most, code) => {
    const backplane = new Counted(most);
    const log = new MemoryLog({ backplane });
    const server = new ChatServer({ backplane, log });
    try {
      await expect(server.listen(port, '127.0.0.1')).rejects.toMatchObject({ code });
      await until('nothing is subscribed', () => backplane.held === 0, 2_000);
    } finally {
      await server.stop();
      await log.close();
      await backplane.close();
    }
  });
});
