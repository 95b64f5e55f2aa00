import { randomBytes } from 'node:crypto';
import type { Backplane, Payload, Unsubscribe } from '../pubsub/backplane.ts';
import { encodeAnnouncement, parseAnnouncement, PRESENCE_CHANNEL, type Announcement } from './announcement.ts';
import { Peer } from './peer.ts';
import { People, type Person } from './people.ts';
import { stateParts, type RoomStates } from './state-parts.ts';
import { StateTeller } from './state-teller.ts';

export interface PresenceOptions {
  readonly backplane: Backplane;
  /** Somebody came or left, anywhere. */
  readonly onChange: (event: 'join' | 'leave', room: string, person: Person) => void;
  /** Milliseconds for which somebody whose last connection was lost is still here. Default 5,000. */
  readonly grace?: number;
  /** Milliseconds between signs of life; a process that gave none three times is dead. Default 2,000. */
  readonly interval?: number;
  /** Bytes in which this process tells who is in it, at a time. Default 256 KiB. */
  readonly partSize?: number;
}

/** A person with connections in this process. */
interface Local {
  readonly person: Person;
  connections: number;
  /** Runs while there is no connection. */
  timer?: NodeJS.Timeout;
}

/**
 * Who is here, across processes: each announces its own people on the backplane and keeps the whole picture. While the
 * backplane is away the picture of the others stays as it was; afterwards all tell each other anew.
 */
export class Presence {
  readonly #id = randomBytes(8).toString('hex');
  readonly #backplane: Backplane;
  readonly #onChange: PresenceOptions['onChange'];
  readonly #grace: number;
  readonly #interval: number;
  readonly #people = new People();
  readonly #locals = new Map<string, Map<string, Local>>();
  readonly #peers = new Map<string, Peer>();
  readonly #teller: StateTeller;
  #unsubscribe: Unsubscribe | undefined;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  /** When somebody came last. */
  #latest = 0;
  /** When the others were asked last, so that many holes do not make a storm. */
  #asked = -Infinity;

  constructor({ backplane, onChange, grace = 5_000, interval = 2_000, partSize = 1 << 18 }: PresenceOptions) {
    this.#backplane = backplane;
    this.#onChange = onChange;
    this.#grace = grace;
    this.#interval = interval;
    this.#teller = new StateTeller({
      pause: interval / 20,
      parts: () => stateParts(this.#locals, partSize),
      announce: ({ rooms, isLast }, part) =>
        this.#announce({ type: 'state', from: this.#id, count: this.#count, part, isLast, rooms }),
    });
  }

  /** Begins to tell and to hear the others. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#backplane.subscribe(PRESENCE_CHANNEL, (message) => this.#receive(message), {
      gap: () => this.#synchronize(),
    });
    this.#timer = setInterval(() => this.#tick(), this.#interval).unref();
    this.#synchronize();
  }

  people(room: string): Person[] {
    return this.#people.list(room);
  }

  /** The person who has a name in a room. */
  holderOf(room: string, name: string): string | undefined {
    return this.#people.holderOf(room, name);
  }

  /** A connection of a person enters a room. */
  enter(room: string, person: string, name: string): void {
    const locals = this.#locals.get(room) ?? new Map<string, Local>();
    this.#locals.set(room, locals);
    const known = locals.get(person);
    if (known) {
      clearTimeout(known.timer);
      known.connections++;
      return;
    }
    const local: Local = { person: { person, name, since: this.#nextTime() }, connections: 1 };
    locals.set(person, local);
    this.#add(room, this.#id, local.person);
    void this.#announce({ type: 'enter', from: this.#id, count: ++this.#count, room, person: local.person });
  }

  /** A connection of a person leaves: for good if it said so, else it may come back within the grace. */
  exit(room: string, person: string, { isFinal }: { readonly isFinal: boolean }): void {
    const local = this.#locals.get(room)?.get(person);
    if (!local || local.connections === 0 || --local.connections > 0) return;
    if (isFinal) this.#drop(room, person);
    else local.timer = setTimeout(() => this.#drop(room, person), this.#grace).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#teller.close();
    for (const locals of this.#locals.values()) for (const { timer } of locals.values()) clearTimeout(timer);
    void this.#announce({ type: 'bye', from: this.#id });
    await this.#unsubscribe?.();
  }

  #drop(room: string, person: string): void {
    const locals = this.#locals.get(room);
    locals?.delete(person);
    if (locals?.size === 0) this.#locals.delete(room);
    this.#remove(room, this.#id, person);
    void this.#announce({ type: 'exit', from: this.#id, count: ++this.#count, room, person });
  }

  #add(room: string, holder: string, person: Person): void {
    if (this.#people.add(room, holder, person)) this.#onChange('join', room, person);
  }

  #remove(room: string, holder: string, person: string): void {
    const gone = this.#people.remove(room, holder, person);
    if (gone) this.#onChange('leave', room, gone);
  }

  #receive(message: Payload): void {
    const announcement = parseAnnouncement(message);
    if (!announcement || announcement.from === this.#id) return;
    const { from } = announcement;
    if (announcement.type === 'hello') return this.#teller.tell();
    const now = performance.now();
    if (announcement.type === 'bye') {
      const peer = this.#peers.get(from);
      // Dead after the grace: most of its people come back to other processes.
      if (peer) peer.heard = now - this.#silence() + this.#grace;
      return;
    }
    this.#apply(announcement, now);
  }

  #apply(announcement: Extract<Announcement, { count: number }>, now: number): void {
    const { from } = announcement;
    const peer = this.#peers.get(from) ?? new Peer(now);
    this.#peers.set(from, peer);
    peer.heard = Math.max(peer.heard, now);
    // A change or a part was lost: what is known stays behind until the whole state comes.
    if (!this.#learn(peer, announcement, now)) this.#ask();
  }

  /** False if something before it was lost. */
  #learn(peer: Peer, announcement: Extract<Announcement, { count: number }>, now: number): boolean {
    const { type, from, count } = announcement;
    switch (type) {
      case 'enter': {
        const { room, person } = announcement;
        this.#add(room, from, person);
        return peer.change(count, keyOf(room, person.person), true);
      }
      case 'exit': {
        const { room, person } = announcement;
        this.#remove(room, from, person);
        return peer.change(count, keyOf(room, person), false);
      }
      case 'state': {
        const { part, isLast, rooms } = announcement;
        const told = peer.state(count, part, this.#addAll(from, rooms), now);
        if (told && isLast) {
          this.#retain(from, told);
          peer.complete();
        }
        return told !== false;
      }
      case 'alive':
        return peer.alive(count, now, this.#interval);
    }
  }

  /** Returns the keys of who was added or there already. */
  #addAll(from: string, rooms: RoomStates): string[] {
    return rooms.flatMap(([room, people]) =>
      people.map((person) => {
        this.#add(room, from, person);
        return keyOf(room, person.person);
      }),
    );
  }

  #retain(from: string, told: ReadonlySet<string>): void {
    for (const { room, person } of this.#people.heldBy(from)) {
      if (!told.has(keyOf(room, person.person))) this.#remove(room, from, person.person);
    }
  }

  /** Now, in milliseconds, and after everybody before: many may come within one, and a clock may be set back. */
  #nextTime(): number {
    this.#latest = Math.max(Date.now(), this.#latest + 0.001);
    return this.#latest;
  }

  #silence(): number {
    return 3 * this.#interval;
  }

  #tick(): void {
    void this.#announce({ type: 'alive', from: this.#id, count: this.#count });
    const now = performance.now();
    for (const [id, peer] of this.#peers) {
      if (this.#backplane.state === 'away') peer.heard = now;
      if (now - peer.heard <= this.#silence()) continue;
      this.#peers.delete(id);
      for (const { room, person } of this.#people.heldBy(id)) this.#remove(room, id, person.person);
    }
  }

  #synchronize(): void {
    const now = performance.now();
    for (const peer of this.#peers.values()) peer.heard = now;
    this.#asked = -Infinity;
    this.#teller.forget();
    this.#teller.tell();
    this.#ask();
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#asked < this.#interval / 4) return;
    this.#asked = now;
    void this.#announce({ type: 'hello', from: this.#id });
  }

  /** Resolves with false if nobody was told: they are when the backplane has returned, or notice the hole. */
  #announce(announcement: Announcement): Promise<boolean> {
    return this.#backplane.publish(PRESENCE_CHANNEL, encodeAnnouncement(announcement)).then(
      () => true,
      () => false,
    );
  }
}

/** No room has a space in its name. */
const keyOf = (room: string, person: string): string => `${room} ${person}`;
