// @ts-check
import { randomToken } from './memory.js';
import { Outbox } from './outbox.js';
import { People } from './people.js';

/**
 * @typedef {import('./outbox.js').Unsent} Unsent
 * @typedef {import('./people.js').Person} Person
 * @typedef {{ id?: string, person?: string, key?: string, name: string, text: string, time: number }} Message
 * @typedef {{ kind: 'connecting' | 'joining' | 'online' } | { kind: 'waiting', delay: number }
 *   | { kind: 'ended', code: number }} Status
 * @typedef {{ last: string, recovered: boolean, history: Message[], more: boolean }} Replay
 *
 * What a session tells: one method per thing that a person can see.
 * @typedef {object} View
 * @property {(status: Status) => void} status
 * @property {(name: string) => void} joined the first time
 * @property {(code: string) => void} refused the room does not take this name; the session is over
 * @property {(people: Person[], me: string) => void} people
 * @property {(event: string, name: string, time: number) => void} presence
 * @property {(messages: Message[]) => void} replay before the messages of a history are shown
 * @property {(message: Message, mine: boolean) => void} message
 * @property {() => void} gap messages may be missing here
 * @property {(unsent: Unsent) => void} pending
 * @property {(key: string) => void} stored
 * @property {(key: string, code: string) => void} failed
 * @property {(code: string) => void} delayed the message under way was refused for now and will be sent again
 * @property {(text: string) => void} notice
 *
 * The part of `ReconnectingWebSocket` that is used.
 * @typedef {import('../src/client/reconnecting-websocket.ts').ReconnectingWebSocket} Socket
 */

/** So many ids are kept to know a message that comes twice; the server replays fewer. */
const REMEMBERED = 5_000;

/** One person in one room, over any number of connections: docs/chat-protocol.md as its client. */
export class Session {
  #socket;
  #view;
  #room;
  #name;
  #secret;
  #outbox;
  #people = new People();
  /** @type {Set<string>} */
  #seen = new Set();
  /** @type {Set<string>} Who this session has been: messages of these are its own. */
  #mine = new Set();
  #me = '';
  #last = '';
  #joined = false;
  #left = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;

  /**
   * @param {Socket} socket that is connecting; the session is its only user
   * @param {{ room: string, name: string, secret: string, unsent: Unsent[], keepUnsent: (unsent: Unsent[]) => void }} who
   * @param {View} view
   */
  constructor(socket, { room, name, secret, unsent, keepUnsent }, view) {
    this.#socket = socket;
    this.#view = view;
    this.#room = room;
    this.#name = name;
    this.#secret = secret;
    this.#outbox = new Outbox(unsent, keepUnsent);
    for (const message of unsent) view.pending(message);
    view.status({ kind: 'connecting' });
    socket.addEventListener('open', () => this.#join());
    socket.addEventListener('connecting', () => view.status({ kind: 'connecting' }));
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', ({ code, willReconnect }) => this.#closed(code, willReconnect));
    socket.addEventListener('waiting', ({ delay }) => view.status({ kind: 'waiting', delay }));
  }

  /**
   * False if too many messages wait already.
   *
   * @param {string} text within the rules
   */
  say(text) {
    const unsent = { key: randomToken(), text, time: Date.now() };
    if (!this.#outbox.add(unsent)) return false;
    this.#view.pending(unsent);
    this.#flush();
    return true;
  }

  /** Tries to connect now instead of later. */
  hurry() {
    this.#socket.nudge();
  }

  leave() {
    this.#left = true;
    if (this.#joined) this.#send({ type: 'leave', room: this.#room });
    this.#stop();
    this.#socket.close();
  }

  #stop() {
    clearTimeout(this.#later);
    this.#joined = false;
    this.#outbox.recall();
  }

  /** @param {object} message */
  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #join() {
    this.#stop();
    this.#view.status({ kind: 'joining' });
    const after = this.#last === '' ? {} : { after: this.#last };
    this.#send({ type: 'join', room: this.#room, name: this.#name, secret: this.#secret, ...after });
  }

  #flush() {
    const next = this.#joined && this.#outbox.next();
    if (next) this.#send({ type: 'say', room: this.#room, key: next.key, text: next.text });
  }

  /**
   * @param {number} code
   * @param {boolean} willReconnect
   */
  #closed(code, willReconnect) {
    this.#stop();
    if (!willReconnect && !this.#left) this.#view.status({ kind: 'ended', code });
  }

  /** @param {unknown} data */
  #receive(data) {
    if (typeof data !== 'string' || this.#left) return;
    const message = JSON.parse(data);
    if (message.room !== undefined && message.room !== this.#room) return;
    switch (message.type) {
      case 'joined':
        return this.#entered(message);
      case 'history':
        return this.#replay(message.messages);
      case 'message':
        return this.#show(message);
      case 'ack':
        return this.#stored(message.key, message.id);
      case 'presence':
        return this.#presence(message);
      case 'gap':
        this.#last = message.last;
        return this.#gap();
      case 'notice':
        return this.#view.notice(message.text);
      case 'error':
        return this.#refused(message);
    }
  }

  /** @param {Replay & { you: Person, people: Person[] }} joined */
  #entered({ you, people, history, more, recovered, last }) {
    const isFirst = this.#me === '';
    this.#me = you.person;
    this.#mine.add(you.person);
    this.#joined = true;
    if (isFirst) this.#view.joined(you.name);
    this.#people.replace(people);
    this.#view.people(this.#people.all, this.#me);
    if (!recovered) this.#gap();
    this.#replay(history);
    if (!more) this.#last = last;
    this.#view.status({ kind: 'online' });
    this.#flush();
  }

  /** @param {Message[]} messages */
  #replay(messages) {
    this.#view.replay(messages);
    for (const message of messages) this.#show(message);
  }

  /** @param {Message} message */
  #show(message) {
    const { id, person, key } = message;
    if (id !== undefined) {
      this.#last = id;
      if (this.#seen.has(id)) return;
      this.#remember(id);
    }
    const isMine = person !== undefined && this.#mine.has(person);
    this.#view.message(message, isMine);
    if (isMine && key !== undefined && this.#outbox.seen(key)) this.#flush();
  }

  /** @param {string} id */
  #remember(id) {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }

  /**
   * @param {string} key
   * @param {string} id
   */
  #stored(key, id) {
    this.#outbox.stored(key, id);
    this.#view.stored(key);
    this.#flush();
  }

  /** Own messages that were stored are shown before the mark: theirs may be among those that never come. */
  #gap() {
    for (const { unsent, id } of this.#outbox.takeStored()) {
      if (this.#seen.has(id)) continue;
      this.#remember(id);
      this.#view.message({ ...unsent, id, person: this.#me, name: this.#name }, true);
    }
    this.#view.gap();
  }

  /** @param {Person & { event: string, time: number }} presence */
  #presence(presence) {
    if (!this.#people.apply(presence)) return;
    this.#view.people(this.#people.all, this.#me);
    if (presence.person !== this.#me) this.#view.presence(presence.event, presence.name, presence.time);
  }

  /** @param {{ code: string, request?: string, key?: string, retryAfter?: number }} error */
  #refused({ code, request, key, retryAfter }) {
    if (request === 'join') return this.#joinRefused(code, retryAfter);
    if (request !== 'say' || key === undefined) return;
    if (code === 'not-joined') return this.#join();
    if (retryAfter === undefined) {
      this.#outbox.remove(key);
      this.#view.failed(key, code);
      return this.#flush();
    }
    this.#view.delayed(code);
    this.#again(retryAfter, () => {
      this.#outbox.recall();
      this.#flush();
    });
  }

  /**
   * @param {string} code
   * @param {number | undefined} retryAfter
   */
  #joinRefused(code, retryAfter) {
    if (retryAfter !== undefined) {
      this.#view.delayed(code);
      return this.#again(retryAfter, () => this.#join());
    }
    if (code === 'bad-after') {
      this.#last = '';
      this.#gap();
      return this.#join();
    }
    this.leave();
    this.#view.refused(code);
  }

  /**
   * @param {number} delay
   * @param {() => void} action
   */
  #again(delay, action) {
    clearTimeout(this.#later);
    this.#later = setTimeout(action, delay);
  }
}
