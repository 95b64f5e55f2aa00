import type { Redis } from 'ioredis';

/** How the backplane and the log reach Redis: one server, or the nodes of a cluster. */
export interface RedisWire {
  /** Everything can be reached, and all channels are subscribed. */
  readonly isReady: boolean;
  /** Milliseconds for which not everything could be reached. */
  readonly awayFor: number;
  /** How what is published on a channel of this wire is published. */
  readonly publishCommand: 'PUBLISH' | 'SPUBLISH';
  /** The name of a channel in Redis. That of a stream's bell is kept where the stream is. */
  wireChannel(channel: string): string;
  /**
   * Runs a command where a key, or a channel by its name in Redis, is kept. Rejects with an `UnavailableError` at once while
   * that cannot be reached, or when the line is lost before the reply, which tells nothing of whether it was executed.
   */
  run<Reply>(key: string, command: (client: Redis) => Promise<Reply>): Promise<Reply>;
  /** Resolves when everything can be reached, or after so many milliseconds. */
  ready(time: number): Promise<void>;
  /** Subscribes a channel by its name in Redis; resolves when that is done or, while it cannot be, at once. */
  add(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  close(): void;
}

export interface RedisWireEvents {
  readonly onMessage: (name: string, message: Buffer) => void;
  /** These channels, or all if none are given, are subscribed again: messages may have been missed. */
  readonly onGap: (names?: readonly string[]) => void;
  /** Why there is no connection; told at each attempt. */
  readonly onError: (error: Error) => void;
}

/** How channels are called in Redis. */
export interface RedisNames {
  /** Begins every key and channel. */
  readonly prefix: string;
  /** Channels that have another name there. */
  readonly aliases: ReadonlyMap<string, string>;
}
