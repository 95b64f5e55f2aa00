import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import WebSocket from 'ws';
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
  notices = 0;
  people: unknown[] = [];
  readonly #unacknowledged = new Map<string, string>();
  #socket: WebSocket | undefined;
  #last: string | undefined;
  #isJoined = false;
  #isGone = false;
  #attempt = 0;
  #count = 0;

  constructor(name: string, room: string, urls: readonly string[]) {
    this.name = name;
    this.room = room;
    this.#urls = urls;
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
    this.#unacknowledged.set(key, key);
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
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.on('open', () =>
      this.#send({ type: 'join', room: this.room, name: this.name, secret: this.#secret, after: this.#last }),
    );
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message));
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.closes.push(code);
      this.#isJoined = false;
      if (!this.#isGone) setTimeout(() => this.#isGone || this.#connect(), 50 + Math.random() * 300);
    });
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #say(key: string): void {
    this.#send({ type: 'say', room: this.room, key, text: key });
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'joined':
        this.people = message['people'] as unknown[];
        if (!message['recovered']) this.seen.push('gap');
        if (typeof message['last'] === 'string') this.#last ??= message['last'];
        this.#see(message['history'] as Message[]);
        if (!message['more']) this.#live(message['last'] as string);
        break;
      case 'history':
        this.#see(message['messages'] as Message[]);
        if (!message['more']) this.#live(undefined);
        break;
      case 'message':
        this.#see([message]);
        break;
      case 'gap':
        this.seen.push('gap');
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

  #see(messages: readonly Message[]): void {
    for (const { id } of messages) {
      this.seen.push(id as string);
      this.#last = id as string;
    }
  }

  #live(last: string | undefined): void {
    this.#last = last ?? this.#last;
    this.#isJoined = true;
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

export interface CrowdOptions {
  readonly urls: readonly string[];
  /** Default 200 people in 10 rooms, 20 of whom say something every 100 ms. */
  readonly size?: number;
  readonly rooms?: number;
  readonly talkers?: number;
  readonly interval?: number;
}

/** Many people, some of whom talk. */
export class Crowd {
  readonly people: Person[];
  readonly #talkers: readonly Person[];
  readonly #interval: number;
  readonly #rooms: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor({ urls, size = 200, rooms = 10, talkers = 20, interval = 100 }: CrowdOptions) {
    this.people = Array.from({ length: size }, (_, i) => new Person(`p${i}`, `room-${i % rooms}`, urls));
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
    const end = performance.now() + time;
    while (!this.people.every(({ isJoined }) => isJoined)) {
      if (performance.now() > end) throw new Error(`${this.people.filter((p) => !p.isJoined).length} have not joined`);
      await sleep(20);
    }
  }

  talk(): void {
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
    const end = performance.now() + time;
    while (this.#talkers.some(({ unacknowledged }) => unacknowledged > 0)) {
      if (performance.now() > end) throw new Error('not everything was acknowledged');
      await sleep(20);
    }
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
