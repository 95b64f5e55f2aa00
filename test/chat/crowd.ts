import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { WebSocketClient } from '../../src/index.ts';
import { until } from '../support/until.ts';
import type { Message } from './client.ts';

/** Somebody who keeps to the protocol: resumes after what was seen, sends again what was not acknowledged. */
export class Person {
  readonly name: string;
  readonly room: string;
  readonly #secret: string;
  readonly #urls: readonly string[];
  /** Ids in the order in which they came, and 'gap' where the server said so. */
  readonly seen: string[] = [];
  /** Ids of the own messages that were acknowledged. */
  readonly acknowledged: string[] = [];
  readonly errors: string[] = [];
  readonly closes: number[] = [];
  /** When the last of them was. */
  closedAt = 0;
  notices = 0;
  people: unknown[] = [];
  /** Own messages that were in the log, as a replay told, before they were acknowledged. */
  storedUntold = 0;
  /** Milliseconds that a message took at most from its sender to here. */
  longestWay = 0;
  readonly #textLength: number;
  readonly #unacknowledged = new Map<string, string>();
  #socket: WebSocketClient | undefined;
  #last: string | undefined;
  #isJoined = false;
  #isGone = false;
  #attempt = 0;
  #count = 0;
  /** After a gap, the newest messages are replayed, whether they were seen or not. */
  #mayRepeat = false;

  constructor(name: string, room: string, { urls, textLength = 0 }: Pick<CrowdOptions, 'urls' | 'textLength'>) {
    this.name = name;
    this.room = room;
    this.#urls = urls;
    this.#textLength = textLength;
    this.#secret = `secret-of-${name}-0123456789`;
    this.#connect();
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  get unacknowledged(): number {
    return this.#unacknowledged.size;
  }

  say(): void {
    const key = `${this.name}-${++this.#count}`;
    this.#unacknowledged.set(key, `${key} ${performance.now()} `.padEnd(this.#textLength, 'x'));
    if (this.#isJoined) this.#say(key);
  }

  /** The line is lost. */
  cut(): void {
    this.#socket?.terminate();
  }

  leave(): void {
    this.#isGone = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    // Like a balancer: somewhere, and somewhere else if that is down.
    const url = this.#urls[(hash(this.name) + this.#attempt++) % this.#urls.length] as string;
    const socket = new WebSocketClient(url);
    this.#socket = socket;
    socket.on('open', () =>
      this.#send({ type: 'join', room: this.room, name: this.name, secret: this.#secret, after: this.#last }),
    );
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message));
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.closes.push(code);
      this.closedAt = performance.now();
      this.#isJoined = false;
      if (!this.#isGone) setTimeout(() => this.#isGone || this.#connect(), 50 + Math.random() * 300);
    });
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocketClient.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #say(key: string): void {
    this.#send({ type: 'say', room: this.room, key, text: this.#unacknowledged.get(key) });
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'joined':
        this.people = message['people'] as unknown[];
        if (!message['recovered']) this.#seeGap();
        if (typeof message['last'] === 'string') this.#last ??= message['last'];
        this.#seeReplay(message['history'] as Message[]);
        if (!message['more']) this.#live(message['last'] as string);
        break;
      case 'history':
        this.#seeReplay(message['messages'] as Message[]);
        if (!message['more']) this.#live(undefined);
        break;
      case 'message':
        this.#see(message);
        this.longestWay = Math.max(this.longestWay, performance.now() - Number(String(message['text']).split(' ')[1]));
        break;
      case 'gap':
        this.#seeGap();
        this.#last = message['last'] as string;
        break;
      case 'ack':
        if (this.#unacknowledged.delete(message['key'] as string)) this.acknowledged.push(message['id'] as string);
        break;
      case 'notice':
        this.notices++;
        break;
      case 'error':
        this.#fail(message);
    }
  }

  #see({ id, key, text }: Message): void {
    if (!String(text).startsWith(`${String(key)} `)) throw new Error(`${String(key)} has another's text`);
    this.seen.push(id as string);
    this.#last = id as string;
  }

  #seeReplay(messages: readonly Message[]): void {
    const known = new Set(this.#mayRepeat ? this.seen : []);
    for (const message of messages) {
      if (known.has(message['id'] as string)) continue;
      if (this.#unacknowledged.has(message['key'] as string)) this.storedUntold++;
      this.#see(message);
    }
  }

  #seeGap(): void {
    this.seen.push('gap');
    this.#mayRepeat = true;
  }

  #live(last: string | undefined): void {
    this.#last = last ?? this.#last;
    this.#isJoined = true;
    this.#mayRepeat = false;
    for (const key of this.#unacknowledged.keys()) this.#say(key);
  }

  #fail({ code, key, retryAfter, request }: Message): void {
    this.errors.push(String(code));
    if (typeof retryAfter !== 'number') throw new Error(`${String(request)}: ${String(code)}`);
    if (typeof key !== 'string') return;
    setTimeout(() => this.#unacknowledged.has(key) && this.#isJoined && this.#say(key), retryAfter);
  }
}

function hash(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return sum;
}

/** Whether as much has come as was acknowledged, but for those who were told of a gap. */
function hasHeardAll(room: readonly Person[]): boolean {
  const wanted = room.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  return room.every(({ seen }) => seen.length >= wanted || seen.includes('gap'));
}

export interface CrowdOptions {
  readonly urls: readonly string[];
  /** Default 200 people in 10 rooms, 20 of whom say something every 100 ms. */
  readonly size?: number;
  readonly rooms?: number;
  readonly talkers?: number;
  readonly interval?: number;
  /** Characters of a message, at least. */
  readonly textLength?: number;
}

/** Many people, some of whom talk. */
export class Crowd {
  readonly people: Person[];
  readonly #talkers: readonly Person[];
  readonly #interval: number;
  readonly #rooms: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: CrowdOptions) {
    const { size = 200, rooms = 10, talkers = 20, interval = 100 } = options;
    this.people = Array.from({ length: size }, (_, i) => new Person(`p${i}`, `room-${i % rooms}`, options));
    this.#talkers = this.people.slice(0, talkers);
    this.#interval = interval;
    this.#rooms = rooms;
  }

  /** Resolves when all have joined. */
  static async join(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    await crowd.allJoined();
    return crowd;
  }

  async allJoined(time = 20_000): Promise<void> {
    await until('all have joined', () => this.people.every(({ isJoined }) => isJoined), time);
  }

  /** Until `settle`. */
  talk(): void {
    clearInterval(this.#timer);
    let turn = 0;
    this.#timer = setInterval(
      () => this.#talkers[turn++ % this.#talkers.length]?.say(),
      this.#interval / this.#talkers.length,
    );
  }

  /** All are there again, and everything that was said is acknowledged and heard. */
  async settle(time = 30_000): Promise<void> {
    clearInterval(this.#timer);
    await this.allJoined(time);
    const isAcknowledged = (): boolean => this.#talkers.every(({ unacknowledged }) => unacknowledged === 0);
    await until('everything is acknowledged', isAcknowledged, time);
    const isHeard = (): boolean => this.#inRooms().every((room) => hasHeardAll(room));
    // What is still missing after this is for the caller's expectation to tell.
    await until('everything is heard', isHeard, time).catch(() => {});
    // A double would come after what it doubles.
    for (let before = -1, now = 0; before !== now;) {
      before = now;
      await sleep(400);
      now = this.people.reduce((sum, { seen }) => sum + seen.length, 0);
    }
  }

  get acknowledged(): number {
    return this.#talkers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }

  leave(): void {
    clearInterval(this.#timer);
    for (const person of this.people) person.leave();
  }

  /** Everybody has seen everything that was acknowledged in their room, once, in one order, without a gap. */
  expectAll(): void {
    for (const room of this.#inRooms()) {
      const wanted = room.flatMap(({ acknowledged }) => acknowledged).toSorted();
      for (const { seen } of room) {
        expect(seen).toEqual(room[0]?.seen);
        expect(seen.toSorted()).toEqual(wanted);
      }
    }
  }

  /** Nothing was seen twice, all have one order, and who misses something was told of a gap. Returns how many did not see all. */
  expectOrdered(): number {
    let incomplete = 0;
    for (const room of this.#inRooms()) {
      const wanted = room.flatMap(({ acknowledged }) => acknowledged);
      const first = room[0]?.seen ?? [];
      for (const { seen } of room) {
        const ids = seen.filter((id) => id !== 'gap');
        const got = new Set(ids);
        expect(got.size).toBe(ids.length);
        expect(ids.filter((id) => first.includes(id))).toEqual(first.filter((id) => id !== 'gap' && got.has(id)));
        if (wanted.every((id) => got.has(id))) continue;
        incomplete++;
        expect(seen).toContain('gap');
      }
    }
    return incomplete;
  }

  #inRooms(): Person[][] {
    return Array.from({ length: this.#rooms }, (_, i) => this.people.filter(({ room }) => room === `room-${i}`));
  }
}
