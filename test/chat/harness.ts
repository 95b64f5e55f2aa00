import { vi } from 'vitest';
import type { ClientOptions } from 'ws';
import { ChatServer, type ChatServerOptions } from '../../src/chat/chat-server.ts';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import { Client } from './client.ts';

/** No time passes, however busy the machine is: what may be sent at once is all that may be sent. Until mocks are restored. */
export function stopTime(): void {
  vi.spyOn(performance, 'now').mockReturnValue(performance.now());
}

/** A chat server of this process, with its clients. */
export class Harness {
  readonly server: ChatServer;
  readonly backplane: MemoryBackplane;
  readonly log: MemoryLog;
  /** What went wrong on our side: nothing. */
  readonly errors: unknown[] = [];
  readonly #clients: Client[] = [];

  private constructor(options: Partial<ChatServerOptions>, backplane: MemoryBackplane, log: MemoryLog) {
    this.backplane = backplane;
    this.log = log;
    this.server = new ChatServer({ backplane, log, onError: (error) => this.errors.push(error), ...options });
  }

  static async start(options: Partial<ChatServerOptions> = {}): Promise<Harness> {
    const backplane = new MemoryBackplane();
    const harness = new Harness(options, backplane, new MemoryLog({ backplane }));
    await harness.server.listen(0, '127.0.0.1');
    return harness;
  }

  get http(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  url(path: string): string {
    return `ws://127.0.0.1:${this.server.port}${path}`;
  }

  async connect(path = '/chat', options: ClientOptions = {}): Promise<Client> {
    const client = await Client.open(this.url(path), options);
    this.#clients.push(client);
    return client;
  }

  /** Connects and joins. */
  async member(name: string, room = 'lobby', more: object = {}): Promise<Client> {
    const client = await this.connect();
    await client.join(room, name, more);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.cut();
    await this.server.stop({ timeout: 1_000 });
    await this.log.close();
    await this.backplane.close();
  }
}
