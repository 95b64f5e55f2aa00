import { afterEach, describe, expect, it } from 'vitest';
import { type Flushable, flushAnswers, flushAtEndOfTick } from '../../src/socket/flush-queue.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { listen, masked, RawPeer, uncaught, until } from './support.ts';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Flushables that write their names into a log. */
function log(): { told: string[]; one: (name: string) => Flushable } {
  const told: string[] = [];
  return { told, one: (name) => ({ flush: () => void told.push(name) }) };
}

/** Is busy for so many milliseconds. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const bad: Flushable = {
  flush() {
    throw new Error('bad');
  },
};

describe('what is sent in a turn of the event loop', () => {
  afterEach(turn);

  it('leaves at once where it is the first answer, before what others were sent in the same read', async () => {
    const { told, one } = log();
    flushAtEndOfTick(one('b'));
    flushAtEndOfTick(one('c'));
    flushAnswers(one('a'));
    expect(told).toEqual(['a', 'b', 'c']);
    await turn();
    expect(told).toEqual(['a', 'b', 'c']);
  });

  it('leaves at the end of the tick where that is the first', async () => {
    const { told, one } = log();
    flushAtEndOfTick(one('a'));
    flushAtEndOfTick(one('b'));
    expect(told).toEqual([]);
    await tick();
    expect(told).toEqual(['a', 'b']);
  });

  it('leaves at the end of the turn where something has left before', async () => {
    const { told, one } = log();
    flushAnswers(one('first'));
    flushAnswers(one('answer'));
    flushAtEndOfTick(one('tick'));
    await tick();
    await tick();
    expect(told).toEqual(['first']);
    await turn();
    expect(told).toEqual(['first', 'answer', 'tick']);
    flushAnswers(one('next turn'));
    expect(told.at(-1)).toBe('next turn');
  });

  it('leaves after 32 reads or ticks, however long the turn is', async () => {
    const { told, one } = log();
    flushAnswers(one('first'));
    for (let i = 1; i < 32; i++) {
      // What is sent to others in a read is no step of its own.
      flushAtEndOfTick(one('other'));
      flushAnswers(one('answer'));
      await tick();
    }
    expect(told).toEqual(['first']);
    flushAtEndOfTick(one('the last'));
    await tick();
    expect(told.at(-1)).toBe('the last');
    expect(told).toHaveLength(64);
    flushAnswers(one('later'));
    expect(told).toHaveLength(64);
  });

  it('waits for one slow reader at most, not for all of them', () => {
    const { told, one } = log();
    flushAnswers(one('first'));
    flushAnswers(one('a'));
    flushAnswers(one('b'));
    expect(told).toEqual(['first']);
    work(6);
    flushAnswers(one('c'));
    expect(told).toEqual(['first', 'a', 'b', 'c']);
    flushAnswers(one('d'));
    expect(told).toHaveLength(4);
  });

  it('leaves where something before it throws, in all of these ways', async () => {
    const { told, one } = log();
    const thrown = await uncaught(async () => {
      expect(() => flushAnswers(bad)).toThrow('bad');
      flushAtEndOfTick(bad);
      flushAtEndOfTick(one('of the tick'));
      await turn();
      flushAnswers(one('first'));
      flushAnswers(bad);
      flushAnswers(one('of the turn'));
      await turn();
      await turn();
    });
    expect(thrown).toHaveLength(2);
    expect(told).toEqual(['of the tick', 'first', 'of the turn']);
  });
});

it('a member of a room is written to a few times, however many speak at once, and everybody hears the same order', async () => {
  const { wss, port } = await listen();
  const members: WebSocket[] = [];
  const writes: number[] = [];
  wss.on('connection', (ws) => {
    const at = members.push(ws) - 1;
    writes.push(0);
    const socket = ws._socket!;
    const { _write } = socket;
    // Where both ways of writing pass: by the stream, and by its side.
    socket._write = (...args) => {
      writes[at]!++;
      Reflect.apply(_write, socket, args);
    };
    ws.on('message', (data) => {
      for (const member of members) member.send(String(data));
    });
  });
  const count = 20;
  const peers: RawPeer[] = [];
  for (let i = 0; i < count; i++) peers.push(await RawPeer.upgrade(port));
  // All of it is there before the server reads any of it.
  await Promise.all(
    peers.map(
      (peer, i) => new Promise((resolve) => peer.socket.write(masked(1, String.fromCharCode(97 + i)), resolve)),
    ),
  );
  const all = 3 * count;
  await until(() => peers.every((peer) => peer.received.length >= all), 'all messages');
  for (const peer of peers) expect(peer.text).toBe(peers[0]!.text);
  expect(peers[0]!.received).toHaveLength(all);
  expect(Math.max(...writes)).toBeLessThan(count / 2);
});
