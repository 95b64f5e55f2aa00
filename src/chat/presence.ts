import { randomBytes } from 'node:crypto';
import type { Backplane, Payload, Unsubscribe } from '../pubsub/backplane.ts';
import { encodeAnnouncement, parseAnnouncement, PRESENCE_CHANNEL, type Announcement } from './announcement.ts';
import { People, type Person } from './people.ts';

export interface PresenceOptions {
  readonly backplane: Backplane;
  /** Somebody came or left, anywhere. */
  readonly onChange: (event: 'join' | 'leave', room: string, person: Person) => void;
  /** Milliseconds for which somebody whose last connection was lost is still here. Default 5,000. */
  readonly grace?: number;
  /** Milliseconds between signs of life; a process that gave none three times is dead. Default 2,000. */
  readonly interval?: number;
}

/** A person with connections in this process. */
interface Local {
  readonly person: Person;
  connections: number;
  /** Runs while there is no connection. */
  timer?: NodeJS.Timeout;
}

/** Another process. */
interface Peer {
  heard: number;
  count: number;
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
  #unsubscribe: Unsubscribe | undefined;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  /** When the others were asked and told last, so that many holes do not make a storm. */
  #asked = -Infinity;
  #told = -Infinity;
  #telling: NodeJS.Timeout | undefined;

  constructor({ backplane, onChange, grace = 5_000, interval = 2_000 }: PresenceOptions) {
    this.#backplane = backplane;
    this.#onChange = onChange;
    this.#grace = grace;
    this.#interval = interval;
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
    const local: Local = { person: { person, name, since: Date.now() }, connections: 1 };
    locals.set(person, local);
    this.#add(room, this.#id, local.person);
    this.#announce({ type: 'enter', from: this.#id, count: ++this.#count, room, person: local.person });
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
    clearTimeout(this.#telling);
    for (const locals of this.#locals.values()) for (const { timer } of locals.values()) clearTimeout(timer);
    this.#announce({ type: 'bye', from: this.#id });
    await this.#unsubscribe?.();
  }

  #drop(room: string, person: string): void {
    const locals = this.#locals.get(room);
    locals?.delete(person);
    if (locals?.size === 0) this.#locals.delete(room);
    this.#remove(room, this.#id, person);
    this.#announce({ type: 'exit', from: this.#id, count: ++this.#count, room, person });
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
    if (announcement.type === 'hello') return this.#tell();
    const now = performance.now();
    if (announcement.type === 'bye') {
      const peer = this.#peers.get(from);
      // Dead after the grace: most of its people come back to other processes.
      if (peer) peer.heard = now - this.#silence + this.#grace;
      return;
    }
    this.#apply(announcement, now);
  }

  #apply(announcement: Extract<Announcement, { count: number }>, now: number): void {
    const { from, count } = announcement;
    const peer = this.#peers.get(from) ?? { heard: now, count: -1 };
    this.#peers.set(from, peer);
    peer.heard = Math.max(peer.heard, now);
    const isChange = announcement.type === 'enter' || announcement.type === 'exit';
    if (announcement.type === 'enter') this.#add(announcement.room, from, announcement.person);
    if (announcement.type === 'exit') this.#remove(announcement.room, from, announcement.person);
    if (announcement.type === 'state') this.#replace(from, announcement.rooms);
    // A change was lost: what is known stays behind until the whole state comes.
    else if (count !== peer.count + (isChange ? 1 : 0)) return this.#ask();
    peer.count = count;
  }

  #replace(from: string, rooms: readonly (readonly [string, readonly Person[]])[]): void {
    const stays = new Set<string>();
    for (const [room, people] of rooms) {
      for (const person of people) {
        stays.add(`${room} ${person.person}`);
        this.#add(room, from, person);
      }
    }
    for (const { room, person } of this.#people.heldBy(from)) {
      if (!stays.has(`${room} ${person.person}`)) this.#remove(room, from, person.person);
    }
  }

  get #silence(): number {
    return 3 * this.#interval;
  }

  #tick(): void {
    this.#announce({ type: 'alive', from: this.#id, count: this.#count });
    const now = performance.now();
    for (const [id, peer] of this.#peers) {
      if (this.#backplane.state === 'away') peer.heard = now;
      if (now - peer.heard <= this.#silence) continue;
      this.#peers.delete(id);
      for (const { room, person } of this.#people.heldBy(id)) this.#remove(room, id, person.person);
    }
  }

  #synchronize(): void {
    const now = performance.now();
    for (const peer of this.#peers.values()) peer.heard = now;
    this.#asked = this.#told = -Infinity;
    this.#tell();
    this.#ask();
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#asked < this.#interval / 4) return;
    this.#asked = now;
    this.#announce({ type: 'hello', from: this.#id });
  }

  #tell(): void {
    const now = performance.now();
    const wait = this.#told + this.#interval / 20 - now;
    if (wait > 0) {
      this.#telling ??= setTimeout(() => this.#tell(), wait + 1).unref();
      return;
    }
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#told = now;
    const rooms = [...this.#locals].map(
      ([room, locals]) => [room, [...locals.values()].map(({ person }) => person)] as const,
    );
    this.#announce({ type: 'state', from: this.#id, count: this.#count, rooms });
  }

  #announce(announcement: Announcement): void {
    // What is lost now is told when the backplane has returned, or when the others notice the hole.
    this.#backplane.publish(PRESENCE_CHANNEL, encodeAnnouncement(announcement)).catch(() => {});
  }
}
