import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { WebSocketClient } from '../../src/index.ts';
import type { Message } from '../chat/client.ts';
import { Fleet } from '../support/chat-fleet.ts';
import { until } from '../support/until.ts';

const isFull = process.env['HALYARD_FULL'] === '1';
const ROOMS = Array.from({ length: 10 }, (_, i) => `room-${i}`);
const MIB = 1 << 20;

let spectators: Spectator[] = [];
afterEach(() => {
  for (const spectator of spectators) spectator.socket.terminate();
  spectators = [];
});

/** Somebody who hears all rooms, but reads as the test wants. */
class Spectator {
  readonly socket: WebSocketClient;
  /** Ids in the order in which they came. */
  readonly seen = new Map<string, string[]>();
  closedWith: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string) {
    this.socket = new WebSocketClient(url);
    this.socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message));
    this.socket.on('close', (code) => {
      this.closedWith = code;
      clearInterval(this.#timer);
    });
    this.socket.on('error', () => {});
    spectators.push(this);
  }

  /** Messages of all rooms. */
  get count(): number {
    let count = 0;
    for (const ids of this.seen.values()) count += ids.length;
    return count;
  }

  static async start(url: string, name: string): Promise<Spectator> {
    const spectator = new Spectator(url);
    await once(spectator.socket, 'open');
    for (const room of ROOMS) spectator.socket.send(JSON.stringify({ type: 'join', room, name }));
    await until(`${name} has joined`, () => spectator.seen.size === ROOMS.length);
    return spectator;
  }

  /** Reads a little now and then. */
  dawdle(): void {
    this.socket.pause();
    this.#timer = setInterval(() => {
      this.socket.resume();
      setImmediate(() => this.socket.pause());
    }, 200);
  }

  hurry(): void {
    clearInterval(this.#timer);
    this.socket.resume();
  }

  #receive({ type, room, id, history, ...rest }: Message): void {
    if (type === 'error') throw new Error(`refused: ${JSON.stringify(rest)}`);
    if (type === 'joined') {
      this.seen.set(
        String(room),
        (history as Message[]).map((message) => String(message['id'])),
      );
    }
    if (type === 'message') this.seen.get(String(room))?.push(String(id));
  }
}

it(
  'ten clients that stop reading are closed with 1013 and twenty slow ones get all, while nobody else waits',
  { timeout: 90_000 },
  async () => {
    await using fleet = await Fleet.start({ crowd: { textLength: 4_000 } });
    const { crowd, servers } = fleet;
    const start = (i: number): Promise<Spectator> => Spectator.start(servers[i % 2]?.url ?? '', `spectator${i}`);
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => start(i)));
    const [stopped, slow] = [all.slice(0, 10), all.slice(10)];
    for (const { socket } of stopped) socket.pause();
    for (const spectator of slow) spectator.dawdle();

    const sum = async (name: string): Promise<number> =>
      (await Promise.all(servers.map((server) => server.metric(name)))).reduce((a, b) => a + b, 0);
    let buffered = 0;
    // How many messages each slow one was behind at worst; just after it has read, it may be behind by none.
    const behind = slow.map(() => 0);
    await fleet.talk();
    const areCut = async (): Promise<boolean> => {
      for (const [i, { count }] of slow.entries()) behind[i] = Math.max(behind[i]!, crowd.acknowledged - count);
      buffered = Math.max(buffered, await sum('halyard_buffered_bytes'));
      return (await sum('halyard_slow_members_total')) >= 10;
    };
    await until('those who stopped are given up', areCut, 40_000);
    expect(Math.min(...behind)).toBeGreaterThan(0);
    await crowd.settle();
    expect(Math.max(...crowd.people.map(({ longestWay }) => longestWay))).toBeLessThan(2_000);
    // What waits for a client is at most its limit, however many there are.
    expect(buffered).toBeLessThan(11 * MIB);

    for (const { socket } of stopped) socket.resume();
    await until('those who stopped are closed', () => stopped.every(({ closedWith }) => closedWith !== undefined));
    expect(stopped.map(({ closedWith }) => closedWith)).toEqual(stopped.map(() => 1013));
    for (const spectator of slow) spectator.hurry();
    await until('the slow have everything', () => slow.every(({ count }) => count >= crowd.acknowledged));
    for (const { seen } of slow)
      for (const [i, room] of ROOMS.entries()) expect(seen.get(room)).toEqual(crowd.people[i]?.seen);
    crowd.expectAll();
  },
);

it(
  'clients are cut at random while replies of Redis are lost: nobody misses anything',
  { timeout: isFull ? 180_000 : 60_000 },
  async () => {
    await using fleet = await Fleet.start();
    const { crowd, lines } = fleet;
    await fleet.talk();
    const losing = new AbortController();
    const lose = async (): Promise<void> => {
      while (!losing.signal.aborted) {
        await Promise.all(lines.map((line) => line.loseReply()));
        await sleep(500);
      }
    };
    const lost = lose();
    // Each about every 5 s.
    for (let round = 0; round < (isFull ? 600 : 60); round++) {
      for (const person of crowd.people) if (Math.random() < 0.02) person.cut();
      await sleep(100);
    }
    losing.abort();
    await lost;
    await crowd.settle();
    expect(crowd.people.filter(({ closes }) => closes.length > 0).length).toBeGreaterThan(100);
    crowd.expectAll();
  },
);
