import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  endSilentRead,
  type Flushable,
  flushAnswers,
  flushAtEndOfTick,
  forgetWritten,
} from '../../src/socket/flush-queue.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { isCollected } from '../support/collected.ts';
import { listen, masked, RawPeer, uncaught, until } from './support.ts';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Flushables that write their names into a log. */
function log(): { told: string[]; one: (name: string) => Flushable } {
  const told: string[] = [];
  return { told, one: (name) => ({ flush: () => void told.push(name) }) };
}

/** No time passes but what a test says: a machine that is busy with something else must not end what waits. */
let time = 0;

beforeEach(async () => {
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  // Several of late.
  flushAtEndOfTick({ flush() {} });
  flushAnswers({ flush() {} });
  await turn();
});

const immediates = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Immediate').length;

afterEach(async () => {
  await turn();
  vi.restoreAllMocks();
});

/** So many peers, and their sockets at the server, whose writes are counted. */
async function connect(count: number): Promise<{ peers: RawPeer[]; members: WebSocket[]; writes: number[] }> {
  const { wss, port } = await listen();
  const peers: RawPeer[] = [];
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
  });
  for (let i = 0; i < count; i++) peers.push(await RawPeer.upgrade(port));
  await until(() => members.length === count, 'all connections');
  return { peers, members, writes };
}

/** All of it is there before the server reads any of it. */
async function sayAll(peers: readonly RawPeer[]): Promise<void> {
  await turn();
  peers.forEach((peer, i) => peer.socket.write(masked(1, String.fromCharCode(97 + i))));
}

const bad: Flushable = {
  flush() {
    throw new Error('bad');
  },
};

describe('what is sent in a turn of the event loop', () => {
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

  it.each(['answers', 'says nothing'])('waits for one slow reader at most, who %s, not for all of them', (what) => {
    const { told, one } = log();
    flushAnswers(one('first'));
    flushAnswers(one('a'));
    time += 3;
    flushAnswers(one('b'));
    endSilentRead();
    expect(told).toEqual(['first']);
    // In all, more than 5 ms since the first of those who wait.
    time += 3;
    if (what === 'answers') flushAnswers(one('c'));
    else endSilentRead();
    expect(told).toEqual(['first', 'a', 'b', ...(what === 'answers' ? ['c'] : [])]);
    flushAnswers(one('d'));
    endSilentRead();
    expect(told.at(-1)).not.toBe('d');
  });

  it('leaves step by step as long as it is of one connection only', async () => {
    const { told, one } = log();
    const [a, b] = [one('a'), one('b')];
    for (let i = 0; i < 3; i++) {
      flushAtEndOfTick(a);
      await tick();
    }
    flushAnswers(a);
    expect(told).toEqual(['a', 'a', 'a', 'a']);
    flushAnswers(b);
    flushAnswers(a);
    flushAnswers(a);
    expect(told).toHaveLength(4);
    await turn();
    expect(told.slice(4)).toEqual(['b', 'a', 'a']);
    flushAnswers(a);
    flushAnswers(b);
    time += 6;
    flushAnswers(b);
    // They have left, but it is not the only one any more.
    flushAnswers(a);
    expect(told.slice(7)).toEqual(['a', 'b', 'b']);
    await turn();
    flushAnswers(b);
    flushAnswers(a);
    expect(told.slice(10)).toEqual(['a', 'b']);
  });

  it('hears of the end of no turn for one connection that is alone', async () => {
    const { told, one } = log();
    const [a, b] = [one('a'), one('b')];
    flushAnswers(a);
    expect(immediates()).toBe(1);
    await turn();
    for (let i = 0; i < 3; i++) flushAnswers(a);
    expect(told).toEqual(['a', 'a', 'a', 'a']);
    expect(immediates()).toBe(0);
    flushAnswers(b);
    flushAnswers(a);
    expect(told.slice(4)).toEqual(['b']);
    expect(immediates()).toBe(1);
    await turn();
    // Nor is one that is gone remembered.
    flushAnswers(b);
    await turn();
    forgetWritten(a);
    flushAnswers(b);
    expect(immediates()).toBe(0);
    forgetWritten(b);
    flushAnswers(b);
    expect(immediates()).toBe(1);
  });

  it('leaves where something before it throws, and nobody has that thrown at him but the process', async () => {
    const { told, one } = log();
    const thrown = await uncaught(async () => {
      flushAnswers(bad);
      flushAtEndOfTick(bad);
      flushAtEndOfTick(one('of the tick'));
      await turn();
      flushAtEndOfTick(bad);
      await tick();
      flushAnswers(one('of the turn'));
      expect(told).toEqual(['of the tick']);
      for (let i = 0; i < 31; i++) flushAnswers(bad);
      expect(told).toEqual(['of the tick', 'of the turn']);
      flushAnswers(one('the last'));
      await turn();
      await turn();
    });
    expect(thrown).toHaveLength(34);
    expect(told.at(-1)).toBe('the last');
  });

  it('may be more, sent while it leaves', async () => {
    const { told, one } = log();
    const again: Flushable = {
      flush() {
        told.push('again');
        flushAnswers(one('within'));
        flushAtEndOfTick(one('after'));
      },
    };
    flushAtEndOfTick(again);
    flushAtEndOfTick(one('other'));
    await tick();
    expect(told).toEqual(['again', 'other']);
    await turn();
    expect(told).toEqual(['again', 'other', 'within', 'after']);
  });
});

describe('a server that reads several peers in one turn', () => {
  it('writes to a member of a room a few times, however many speak, and everybody hears the same order', async () => {
    const count = 20;
    const { peers, members, writes } = await connect(count);
    for (const ws of members) {
      ws.on('message', (data) => {
        for (const member of members) member.send(String(data));
      });
    }
    await sayAll(peers);
    await until(() => peers.every((peer) => peer.received.length >= 3 * count), 'all messages');
    for (const peer of peers) expect(peer.text).toBe(peers[0]!.text);
    expect(peers[0]!.received).toHaveLength(3 * count);
    expect(Math.max(...writes)).toBeLessThan(count / 2);
  });

  it('answers the first at once, and the others behind the reads, none of which counts that says nothing', async () => {
    const { peers, members, writes } = await connect(4);
    const seen: number[][] = [];
    members.forEach((ws, i) => {
      ws.on('message', (data) => {
        seen.push([...writes]);
        if (i > 0) ws.send(String(data));
      });
    });
    await sayAll(peers);
    await until(() => peers.slice(1).every((peer) => peer.received.length >= 3), 'all answers');
    expect(seen).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 1, 0, 0],
    ]);
    expect(writes).toEqual([0, 1, 1, 1]);
  });

  it('hands over at once what is sent before close, though others were written to, as the stream may be ended next', async () => {
    const { peers, members } = await connect(2);
    members[0]!.on('message', () => members[0]!.send('an answer'));
    members[1]!.on('message', () => {
      process.nextTick(() => {
        members[1]!.send('bye');
        members[1]!.close(1001);
        members[1]!._socket!.destroy();
      });
    });
    await sayAll(peers);
    await until(() => peers[1]!.gone, 'the end');
    expect(peers[1]!.text).toBe('\x81\x03bye\x88\x02\x03\xe9');
  });

  it('does not hold the last one that was written to when it is gone', async () => {
    const { wss, port } = await listen();
    let gone: WeakRef<WebSocket> | undefined;
    wss.once('connection', (ws) => {
      gone = new WeakRef(ws);
      ws.on('message', () => ws.send('an answer'));
    });
    const peer = await RawPeer.upgrade(port);
    await turn();
    peer.write(masked(1, 'a question'));
    await until(() => peer.received.length === 11, 'the answer');
    peer.socket.destroy();
    await until(() => wss.clients!.size === 0, 'the end');
    expect(await isCollected(gone!)).toBe(true);
  });
});
