import type { Redis, RedisOptions } from 'ioredis';
import { UnavailableError } from './backplane.ts';
import { RedisCommands } from './redis-commands.ts';
import { parseSlots, SLOTS, slotOf } from './redis-slots.ts';
import { RedisSubscriber } from './redis-subscriber.ts';
import type { RedisNames, RedisWire, RedisWireEvents } from './redis-wire.ts';

/** A primary of the cluster. */
interface Node {
  readonly commands: RedisCommands;
  readonly subscriber: RedisSubscriber;
}

/** Milliseconds between looks at who has which slots: while all is well, and while something is not. */
const CALM = 5_000;
const ALERT = 500;

/**
 * The wire to a Redis Cluster: for each primary one commanding and one subscribing connection. Channels are sharded, so
 * that each is carried by one node only, the one that has the stream of the same room.
 */
export class ClusterRedis implements RedisWire {
  readonly publishCommand = 'SPUBLISH';
  readonly #target: RedisOptions;
  readonly #names: RedisNames;
  readonly #events: RedisWireEvents;
  readonly #nodes = new Map<string, Node>();
  /** Where each channel is subscribed; undefined while nobody has its slot. */
  readonly #places = new Map<string, string | undefined>();
  /** Asked for the slots while no node is known: the address that was configured. */
  readonly #seed: RedisCommands;
  #owners: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #awaySince: number | undefined = performance.now();
  #isClosed = false;

  /** @param target any node; its credentials and TLS are those of all */
  constructor(target: RedisOptions, names: RedisNames, events: RedisWireEvents) {
    this.#target = target;
    this.#names = names;
    this.#events = events;
    this.#seed = new RedisCommands(target, { onReady: () => void this.#look(), onError: events.onError });
    this.#schedule();
  }

  get isReady(): boolean {
    return this.#isComplete() && [...this.#nodes.values()].every((node) => isUp(node));
  }

  get awayFor(): number {
    if (this.isReady) this.#awaySince = undefined;
    else this.#awaySince ??= performance.now();
    return this.#awaySince === undefined ? 0 : performance.now() - this.#awaySince;
  }

  wireChannel(channel: string): string {
    const alias = this.#names.aliases.get(channel);
    if (alias !== undefined) return alias;
    const [room = '', ...rest] = channel.split(' ');
    return `${this.#names.prefix}{${room}}${rest.map((word) => ` ${word}`).join('')}`;
  }

  async run<Reply>(key: string, command: (client: Redis) => Promise<Reply>): Promise<Reply> {
    const node = this.#nodes.get(this.#owners[slotOf(key)] ?? '');
    if (!node) throw new UnavailableError('no node of the cluster has this slot');
    return node.commands.run(command);
  }

  async ready(time: number): Promise<void> {
    const end = performance.now() + time;
    while (!this.isReady && !this.#isClosed && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async add(name: string): Promise<void> {
    const owner = this.#owners[slotOf(name)];
    this.#places.set(name, owner);
    await this.#nodes.get(owner ?? '')?.subscriber.add(name);
  }

  async remove(name: string): Promise<void> {
    const owner = this.#places.get(name);
    this.#places.delete(name);
    await this.#nodes.get(owner ?? '')?.subscriber.remove(name);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#seed.close();
    for (const node of this.#nodes.values()) closeNode(node);
    this.#nodes.clear();
  }

  #isComplete(): boolean {
    return this.#owners.length === SLOTS && !this.#owners.includes(undefined as never);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), this.isReady ? CALM : ALERT).unref();
  }

  /** Asks who has which slots. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
      this.#schedule();
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const known = [...this.#nodes].map(([address, { commands }]) => ({ host: hostOf(address), commands }));
    for (const { host, commands } of [...known, { host: this.#target.host ?? '', commands: this.#seed }]) {
      try {
        const reply = await commands.run((client) => client.cluster('SLOTS'));
        if (!this.#isClosed) await this.#accept(parseSlots(reply, host));
        return;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
      }
    }
  }

  async #accept(owners: readonly string[]): Promise<void> {
    this.#owners = owners;
    const wanted = new Set(owners.filter((owner) => owner !== undefined));
    for (const address of wanted) if (!this.#nodes.has(address)) this.#nodes.set(address, this.#open(address));
    for (const [address, node] of this.#nodes) {
      if (wanted.has(address)) continue;
      this.#nodes.delete(address);
      closeNode(node);
    }
    await this.#moveChannels();
  }

  /** Slots move: their channels follow, and what was published between is read from the log. */
  async #moveChannels(): Promise<void> {
    const moved: string[] = [];
    for (const [name, place] of this.#places) {
      const owner = this.#owners[slotOf(name)];
      if (owner === place) continue;
      moved.push(name);
      void this.#nodes.get(place ?? '')?.subscriber.remove(name);
      this.#places.set(name, owner);
    }
    await Promise.all(moved.map((name) => this.#nodes.get(this.#places.get(name) ?? '')?.subscriber.add(name)));
    if (moved.length > 0) this.#events.onGap(moved);
  }

  #open(address: string): Node {
    const host = hostOf(address);
    const target = { ...this.#target, host, port: Number(address.slice(host.length + 1)) };
    const { onMessage, onGap, onError } = this.#events;
    const look = (): void => void this.#look();
    return {
      commands: new RedisCommands(target, { onMoved: look, onAway: look, onError }),
      subscriber: new RedisSubscriber({
        target,
        isSharded: true,
        onMessage,
        onReady: () => onGap([...this.#places].filter(([, place]) => place === address).map(([name]) => name)),
        onRefused: look,
        onError,
      }),
    };
  }
}

const isUp = ({ commands, subscriber }: Node): boolean => commands.isReady && subscriber.isReady;

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));

function closeNode({ commands, subscriber }: Node): void {
  commands.close();
  subscriber.close();
}
