import { toText } from '../protocol/decode-text.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Backplane, Payload, Unsubscribe } from '../pubsub/backplane.ts';
import type { Subscriber } from '../pubsub/subscriber.ts';
import { encodeBare, fromChatMessage, parseBare, toChatMessage } from './bare-message.ts';
import type { Chat } from './chat.ts';
import { ChatError, toChatError } from './chat-error.ts';
import { isMessage, parsePairs, type BarePairs } from './chat-message.ts';
import { parseObject } from './client-message.ts';
import type { ConnectionEvents } from './connection-events.ts';
import type { ClientSocket } from './client-socket.ts';
import { RateLimit } from './rate-limit.ts';

export interface BareRoomOptions {
  readonly chat: Chat;
  readonly backplane: Backplane;
  /** The room of `/chat` in which bare clients are. Default 'lobby'. */
  readonly room?: string;
  /** Something of ours went wrong. */
  readonly onError: (error: unknown) => void;
}

interface Speaker {
  readonly client: ClientSocket;
  readonly rate: RateLimit;
  readonly events: ConnectionEvents;
}

/** The backplane's channel for what only bare clients can read. */
const BARE_CHANNEL = 'chat bare';

/**
 * The door for clients that know nothing but `{"handle","text"}`. It is one member of the room, hears what the others
 * hear, and passes it on in their language, written once for all of them.
 */
export class BareRoom implements Subscriber {
  readonly bufferedAmount = 0;
  readonly isRelay = true;
  readonly #options: Required<BareRoomOptions>;
  readonly #clients = new Set<ClientSocket>();
  #unsubscribe: Unsubscribe | undefined;

  constructor(options: BareRoomOptions) {
    this.#options = { room: 'lobby', ...options };
  }

  async start(): Promise<void> {
    const { chat, room, backplane } = this.#options;
    this.#unsubscribe = await backplane.subscribe(BARE_CHANNEL, (message) => this.#receive(message));
    // Not waited for: a log that is away must not keep anybody out.
    chat.hub.join(this, room, { replay: () => {} }).catch((error: unknown) => this.#options.onError(error));
  }

  /** A client comes in. */
  add(client: ClientSocket, events: ConnectionEvents): void {
    const rate = new RateLimit();
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on(
      'message',
      (data: Buffer, isBinary: boolean) => void this.#hear({ client, rate, events }, data, isBinary),
    );
  }

  /** What is said in the room. */
  send(message: PreparedMessage): void {
    const value: unknown = JSON.parse(message.data.toString());
    if (isMessage(value)) this.#spread(fromChatMessage(value));
  }

  /** A room's member that is in this process and reads at once is never closed. */
  close(): void {}

  async stop(): Promise<void> {
    this.#options.chat.hub.leaveAll(this);
    await this.#unsubscribe?.();
  }

  async #hear({ client, rate, events }: Speaker, data: Buffer, isBinary: boolean): Promise<void> {
    try {
      rate.countMessage();
      rate.accept();
      if (isBinary) throw new ChatError('binary', 'text frames only');
      const pairs = parseBare(parseObject(toText(data)));
      const message = toChatMessage(pairs);
      if (message) await this.#options.chat.say(this.#options.room, message);
      else await this.#options.backplane.publish(BARE_CHANNEL, JSON.stringify(pairs));
      events.message(this.#options.room, data.length);
    } catch (error) {
      const told = toChatError(error);
      if (told.code === 'internal') events.error(error);
      events.refused(told.code);
      this.#options.chat.hub.send([client], new PreparedMessage(JSON.stringify({ error: told.message })));
      if (rate.isExhausted) client.close(1008, 'too many messages');
    }
  }

  #receive(message: Payload): void {
    const pairs = parsePairs(message);
    if (pairs) this.#spread(pairs);
  }

  #spread(pairs: BarePairs): void {
    if (this.#clients.size > 0) this.#options.chat.hub.send(this.#clients, new PreparedMessage(encodeBare(pairs)));
  }
}
