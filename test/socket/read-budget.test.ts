import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketClient } from '../../src/index.ts';
import { isLate, isSpent, stopClock, workOf } from '../../src/socket/read-budget.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';
import { cleanUp, duplexPair, listen, masked, RawPeer, until } from './support.ts';

const WORK_PER_TURN = 1_024;
const MANY = 2.5 * WORK_PER_TURN;

/** Counts the messages, and the most of them in one turn of the event loop. */
function countTurns(ws: WebSocket): { messages: number; most: number } {
  const counted = { messages: 0, most: 0 };
  let inTurn = 0;
  ws.on('message', () => {
    counted.messages++;
    if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
    counted.most = Math.max(counted.most, inTurn);
  });
  return counted;
}

/** No time passes: what ends a turn is the work alone, however busy the machine is. */
function stopTime(): void {
  vi.spyOn(performance, 'now').mockReturnValue(1);
}

/** A millisecond passes with every message. */
function countAsTime(ws: WebSocket): void {
  let time = 1;
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  ws.on('message', () => time++);
}

/** Messages of a millisecond until the clock is read twice, 5 ms apart; and as many again where a turn begins in a rest. */
const MOST_SLOW = 2 * (8 + 5 + 8);

async function accept(): Promise<{ ws: WebSocket; peer: RawPeer }> {
  const { wss, port } = await listen();
  const connection = once(wss, 'connection') as Promise<[WebSocket]>;
  const peer = await RawPeer.upgrade(port);
  const [ws] = await connection;
  return { ws, peer };
}

afterEach(() => {
  vi.restoreAllMocks();
  stopClock();
});

describe('the read budget', () => {
  it('is spent by a thousand small messages, or by 4 MiB of large ones', () => {
    expect(isSpent(1_000 * workOf(125))).toBe(false);
    expect(isSpent(1_024 * workOf(125))).toBe(true);
    expect(isSpent(60 * workOf(65_536))).toBe(false);
    expect(isSpent(64 * workOf(65_536))).toBe(true);
  });

  it.each([0, 125, 4_096, 28_672, 61_440, 1 << 20])(
    'has time up soon after 5 ms with messages of %i bytes, wherever the count stands',
    (size) => {
      for (let before = 0; before < 16; before++) {
        let time = 1;
        vi.spyOn(performance, 'now').mockImplementation(() => time);
        stopClock();
        let work = before;
        let isOver = false;
        let messages = 0;
        for (; !isOver && messages < 100; messages++, time++) {
          const was = work;
          work += workOf(size);
          isOver = isLate(stopClock, was, work);
        }
        expect(isOver).toBe(true);
        // The clock is read for every eighth at least: for one to start it, and for one after 5 ms.
        expect(messages).toBeGreaterThan(5);
        expect(messages).toBeLessThanOrEqual(8 + 8);
      }
    },
  );
});

describe('a turn of the event loop', () => {
  it('a peer that waits for every answer never has to wait for its turn', async () => {
    const { ws, peer } = await accept();
    const counted = countTurns(ws);
    let pauses = 0;
    ws._socket!.on('pause', () => pauses++);
    ws.on('message', (data) => ws.send(data));
    peer.socket.on('data', () => peer.write(masked(1, '?')));
    peer.write(masked(1, '?'));
    await until(() => counted.messages > MANY);
    expect(pauses).toBe(0);
  });

  it('chunks that waited in the stream of a socket count together', async () => {
    const { ws } = await accept();
    const counted = countTurns(ws);
    stopTime();
    const stream = ws._socket!;
    stream.pause();
    for (let i = 0; i < MANY; i++) stream.push(masked(1, '?'));
    stream.resume();
    await until(() => counted.messages === MANY);
    expect(counted.most).toBe(WORK_PER_TURN);
  });

  it('so do whole reads of a socket', async () => {
    const { ws } = await accept();
    const counted = countTurns(ws);
    const read = Buffer.concat(Array.from({ length: 64 }, () => masked(2, Buffer.alloc(1016))));
    expect(read).toHaveLength(65_536);
    for (let i = 0; i < 40; i++) ws._socket!.push(Buffer.from(read));
    await until(() => counted.messages === 40 * 64);
    // A turn ends between two of them, and may begin within one: where the time of the last turn was up.
    expect(counted.most).toBeLessThan(WORK_PER_TURN + 64);
  });

  it.each<[string, () => Duplex]>([
    ['a stream of another kind', () => duplexPair()[0]],
    ['TLS', () => new tls.TLSSocket(new net.Socket())],
  ])('so do the chunks of %s, however small they are', async (_, make) => {
    const stream = make();
    cleanUp(() => stream.destroy());
    const ws = new WebSocketClient(null);
    ws.setSocket(stream, Buffer.alloc(0));
    const counted = countTurns(ws);
    stopTime();
    await new Promise(setImmediate);
    for (let i = 0; i < MANY; i++) stream.push(masked(1, '?'));
    await until(() => counted.messages === MANY);
    expect(counted.most).toBe(WORK_PER_TURN);
  });

  const slowly = 'its time is up soon after 5 ms, in however many chunks they pass';

  it(`${slowly}: whole reads of a socket`, async () => {
    const { ws } = await accept();
    const counted = countTurns(ws);
    countAsTime(ws);
    const read = Buffer.concat(Array.from({ length: 8 }, () => masked(2, Buffer.alloc(8184))));
    expect(read).toHaveLength(65_536);
    for (let i = 0; i < 40; i++) ws._socket!.push(Buffer.from(read));
    await until(() => counted.messages === 40 * 8);
    expect(counted.most).toBeLessThanOrEqual(MOST_SLOW);
  });

  it(`${slowly}: one message each, on a stream of another kind`, async () => {
    const stream = duplexPair()[0];
    cleanUp(() => stream.destroy());
    const ws = new WebSocketClient(null);
    ws.setSocket(stream, Buffer.alloc(0));
    const counted = countTurns(ws);
    countAsTime(ws);
    await new Promise(setImmediate);
    for (let i = 0; i < 320; i++) stream.push(masked(1, '?'));
    await until(() => counted.messages === 320);
    expect(counted.most).toBeLessThanOrEqual(MOST_SLOW);
  });

  it('has a time of its own, not what is left of that of the last one', async () => {
    const stream = duplexPair()[0];
    cleanUp(() => stream.destroy());
    const ws = new WebSocketClient(null);
    ws.setSocket(stream, Buffer.alloc(0));
    const counted = countTurns(ws);
    let pauses = 0;
    stream.on('pause', () => pauses++);
    countAsTime(ws);
    for (let i = 0; i < 100; i++) {
      await new Promise(setImmediate);
      stream.push(masked(1, '?'));
    }
    expect(counted.messages).toBe(100);
    expect(pauses).toBe(0);
  });
});
