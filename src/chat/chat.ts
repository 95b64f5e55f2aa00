import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Backplane, Payload } from '../pubsub/backplane.ts';
import { Hub } from '../pubsub/hub.ts';
import type { Appended, LogEntry, MessageLog } from '../pubsub/message-log.ts';
import type { Subscriber } from '../pubsub/subscriber.ts';
import { parseForeign } from './foreign-message.ts';
import { encodeMessage, parseMessage, renderMessage, type ChatMessage } from './chat-message.ts';
import { LIMITS } from './limits.ts';
import type { Person } from './people.ts';
import { Presence } from './presence.ts';
import { encodeGap, encodeNotice, encodePresence } from './server-message.ts';

export interface ChatOptions {
  readonly backplane: Backplane;
  readonly log: MessageLog;
  /** Milliseconds for which somebody whose line was lost is still here. Default 5,000. */
  readonly grace?: number;
  /** A client was too slow a reader. */
  readonly onSlow?: (outcome: 'dropped' | 'closed') => void;
}

/** What all connections of a process share: rooms, people, and the hub that carries what is said. */
export class Chat {
  readonly hub: Hub;
  readonly presence: Presence;
  /** Who is told of comings and goings in a room. */
  readonly #audiences = new Map<string, Set<Subscriber>>();
  /** Messages on their way into the log. */
  readonly #pending = new Set<Promise<unknown>>();

  constructor({ backplane, log, grace, onSlow }: ChatOptions) {
    this.hub = new Hub({
      backplane,
      log,
      limit: LIMITS.backlog,
      render: renderPayload,
      gap: encodeGap,
      onSlow: (_, outcome) => onSlow?.(outcome),
    });
    this.presence = new Presence({
      backplane,
      ...(grace !== undefined && { grace }),
      onChange: (event, room, person) => this.#tellPresence(event, room, person),
    });
  }

  start(): Promise<void> {
    return this.presence.start();
  }

  /** Stores a message, once per `storeKey`. Rejects with an `UnavailableError` if that cannot be done now. */
  async say(room: string, message: ChatMessage, storeKey?: string): Promise<Appended> {
    const storing = this.hub.publish(room, encodeMessage(message), storeKey === undefined ? {} : { key: storeKey });
    this.#pending.add(storing);
    try {
      return (await storing) as Appended;
    } finally {
      this.#pending.delete(storing);
    }
  }

  /** From now on a subscriber is told who comes and goes. */
  listen(room: string, subscriber: Subscriber): void {
    this.#audiences.set(room, (this.#audiences.get(room) ?? new Set<Subscriber>()).add(subscriber));
  }

  unlisten(room: string, subscriber: Subscriber): void {
    const audience = this.#audiences.get(room);
    audience?.delete(subscriber);
    if (audience?.size === 0) this.#audiences.delete(room);
  }

  /** Tells all who are given that the server goes away. */
  announceShutdown(subscribers: Iterable<Subscriber>): void {
    const text = 'The server is going away. You will be reconnected.';
    this.hub.send(subscribers, new PreparedMessage(encodeNotice('shutting-down', text)));
  }

  /** Resolves when nothing is on its way into the log. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  /** Everybody leaves. The backplane and the log stay as they are. */
  async close(): Promise<void> {
    await Promise.all([this.presence.close(), this.hub.close()]);
  }

  #tellPresence(event: 'join' | 'leave', room: string, person: Person): void {
    const audience = this.#audiences.get(room);
    if (audience) this.hub.send(audience, new PreparedMessage(encodePresence(event, room, person)));
  }
}

/** The JSON of a stored message; undefined for an entry that is none, which is skipped. */
export function renderEntry(room: string, { id, data }: LogEntry): string | undefined {
  const message = parseMessage(data);
  return message && renderMessage(message, { room, id });
}

function renderPayload(data: Payload, { channel, id }: { readonly channel: string; readonly id: string | undefined }) {
  const message = id === undefined ? parseForeign(data) : parseMessage(data);
  return message && renderMessage(message, { room: channel, id });
}
