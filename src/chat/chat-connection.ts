import { toText } from '../protocol/decode-text.ts';
import { PreparedMessage } from '../protocol/prepared-message.ts';
import type { Replay } from '../pubsub/replay.ts';
import type { Chat } from './chat.ts';
import { renderEntry } from './chat.ts';
import { ChatError, toChatError, type Refused } from './chat-error.ts';
import {
  describeRefused,
  describeRefusedText,
  parseClientMessage,
  parseObject,
  type ClientMessage,
} from './client-message.ts';
import type { ConnectionEvents } from './connection-events.ts';
import type { ClientSocket } from './client-socket.ts';
import { LIMITS } from './limits.ts';
import { createSecret, personOf } from './names.ts';
import { RateLimit } from './rate-limit.ts';
import {
  encodeAck,
  encodeError,
  encodeGap,
  encodeHistory,
  encodeJoined,
  encodeLeft,
  encodePong,
} from './server-message.ts';

type Join = Extract<ClientMessage, { type: 'join' }>;
type Say = Extract<ClientMessage, { type: 'say' }>;

/** A connection in a room. */
interface Membership {
  readonly person: string;
  readonly name: string;
}

/** One client at `/chat`: answers what it says, by `docs/chat-protocol.md`. */
export class ChatConnection {
  readonly #chat: Chat;
  readonly #socket: ClientSocket;
  readonly #events: ConnectionEvents;
  readonly #rate = new RateLimit();
  readonly #memberships = new Map<string, Membership>();
  /** One replay at a time. */
  #joining: Promise<void> = Promise.resolve();

  constructor(chat: Chat, socket: ClientSocket, events: ConnectionEvents) {
    this.#chat = chat;
    this.#socket = socket;
    this.#events = events;
  }

  /** Begins to listen to the client. */
  start(): void {
    this.#socket.on('message', (data, isBinary) => void this.#receive(data, isBinary));
    this.#socket.on('close', () => this.#end());
  }

  async #receive(data: Buffer, isBinary: boolean): Promise<void> {
    let refused: Refused = {};
    try {
      this.#rate.countMessage();
    } catch (error) {
      // Its sender has to know which message to send again.
      return this.#refuse(error, isBinary ? refused : describeRefusedText(toText(data)));
    }
    try {
      if (isBinary) throw new ChatError('binary', 'text frames only');
      const value = parseObject(toText(data));
      refused = describeRefused(value);
      const message = parseClientMessage(value);
      if (message.type === 'join') this.#rate.countJoin();
      this.#rate.accept();
      await this.#handle(message);
    } catch (error) {
      this.#refuse(error, refused);
    }
  }

  #refuse(error: unknown, refused: Refused): void {
    const told = toChatError(error);
    if (told.code === 'internal') this.#events.error(error);
    this.#events.refused(told.code);
    this.#send(encodeError(told, refused));
    if (this.#rate.isExhausted) this.#socket.close(1008, 'too many messages');
  }

  #handle(message: ClientMessage): Promise<void> | void {
    switch (message.type) {
      case 'join':
        return this.#join(message);
      case 'say':
        return this.#say(message);
      case 'leave':
        return this.#leave(message.room);
      case 'ping':
        return this.#send(encodePong());
    }
  }

  async #say({ room, key, text }: Say): Promise<void> {
    const membership = this.#memberships.get(room);
    if (!membership) throw new ChatError('not-joined', 'join the room first');
    const { person, name } = membership;
    const message = { person, name, key, text, time: Date.now() };
    // A key is the person's own: nobody can take another's, on purpose or by accident.
    const { id } = await this.#chat.say(room, message, `${person}:${key}`);
    this.#events.message(room, Buffer.byteLength(text));
    this.#send(encodeAck(room, key, id));
  }

  async #join(join: Join): Promise<void> {
    const { room, name, secret = createSecret() } = join;
    const person = personOf(secret, name);
    const present = this.#memberships.get(room);
    if (present && present.person !== person) {
      throw new ChatError('already-joined', 'this connection is in the room as somebody else');
    }
    const membership = present ?? this.#enter(room, { person, name });
    const shownSecret = join.secret === undefined ? secret : undefined;
    const previous = this.#joining;
    let replaying = Promise.resolve();
    this.#joining = new Promise((release) => {
      replaying = previous.then(() => this.#replay(join, membership, shownSecret, release)).finally(release);
    });
    await replaying;
  }

  #enter(room: string, membership: Membership): Membership {
    const { person, name } = membership;
    if (this.#memberships.size >= LIMITS.rooms) throw new ChatError('too-many-rooms', `at most ${LIMITS.rooms} rooms`);
    const holder = this.#chat.presence.holderOf(room, name);
    if (holder !== undefined && holder !== person) throw new ChatError('name-taken', 'somebody here has this name');
    this.#memberships.set(room, membership);
    this.#chat.presence.enter(room, person, name);
    return membership;
  }

  /** `release` lets the next replay begin before this one has ended. */
  async #replay(join: Join, you: Membership, secret: string | undefined, release: () => void): Promise<void> {
    const { room, after } = join;
    if (this.#memberships.get(room) !== you) return;
    let isFirst = true;
    const replay = ({ entries, more, recovered, last }: Replay): Promise<void> => {
      if (last === undefined) release();
      const messages = entries.map((entry) => renderEntry(room, entry)).filter((json) => json !== undefined);
      if (!isFirst) {
        const gap = recovered ? [] : [encodeGap(room, last)];
        return this.#sendPart(...gap, encodeHistory(room, messages, more));
      }
      isFirst = false;
      this.#chat.listen(room, this.#socket);
      const people = this.#chat.presence.people(room);
      return this.#sendPart(encodeJoined({ room, you, secret, people, more, recovered, last }, messages));
    };
    this.#chat.hub.leave(this.#socket, room);
    const from = after === undefined ? {} : { after };
    try {
      await this.#chat.hub.join(this.#socket, room, { ...from, newest: LIMITS.history, replay });
    } catch (error) {
      this.#exit(room, true);
      throw error;
    }
  }

  #leave(room: string): void {
    if (!this.#memberships.has(room)) throw new ChatError('not-joined', 'not in this room');
    this.#exit(room, true);
    this.#send(encodeLeft(room));
  }

  #exit(room: string, isFinal: boolean): void {
    const membership = this.#memberships.get(room);
    if (!membership) return;
    this.#memberships.delete(room);
    this.#chat.hub.leave(this.#socket, room);
    this.#chat.unlisten(room, this.#socket);
    this.#chat.presence.exit(room, membership.person, { isFinal });
  }

  #end(): void {
    for (const room of this.#memberships.keys()) this.#exit(room, false);
  }

  #send(text: string): void {
    this.#chat.hub.send([this.#socket], new PreparedMessage(text));
  }

  /** Resolves when the last of the texts has left, so that a long replay waits for its reader. */
  #sendPart(...texts: string[]): Promise<void> {
    return new Promise((resolve) => {
      for (const text of texts.slice(0, -1)) this.#socket.send(text);
      this.#socket.send(texts.at(-1) ?? '', () => resolve());
    });
  }
}
