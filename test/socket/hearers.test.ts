import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocketClient } from '../../src/index.ts';
import { beginRead, endRead, tellMessage, tellText, wantsString } from '../../src/socket/hearers.ts';
import { runs } from '../support/runs.ts';

/** One of three listeners of either side comes or goes, or a message arrives. */
const step = fc.record({
  how: fc.constantFrom(
    'deliver',
    'deliver',
    'deliver',
    'on',
    'addListener',
    'prependListener',
    'once',
    'prependOnceListener',
    'off',
    'removeListener',
    'removeAllListeners',
    'addEventListener',
    'addEventListener once',
    'removeEventListener',
    'onmessage',
    'no onmessage',
  ),
  who: fc.nat(2),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What listeners are given, and in which order. `acts`: those of `on` come and go while a message is told, too. */
function play(steps: readonly Step[], deliver: (ws: WebSocketClient) => void, acts = false): string[] {
  const seen: string[] = [];
  const ws = new WebSocketClient(null);
  const plain = [0, 1, 2].map(
    (who) =>
      function listener(this: unknown, ...told: unknown[]): void {
        const [data, isBinary] = told;
        const kind = Buffer.isBuffer(data) ? 'Buffer' : typeof data;
        seen.push(`${who}: ${kind} ${String(data)} ${isBinary} ${told.length} ${this === ws}`);
        if (acts && who === 1) ws.off('message', listener);
        if (acts && who === 2) ws.prependOnceListener('message', plain[0]!);
      },
  );
  const dom = [0, 1, 2].map((who) => (event: { data: unknown }) => {
    seen.push(`${who}: event, ${typeof event.data} ${String(event.data)}`);
    // One that sends another away, and one that calls another in, while a message is told.
    if (who === 1) ws.off('message', plain[0]!);
    if (who === 2) ws.once('message', plain[1]!);
  });
  for (const { how, who } of steps) {
    if (how === 'deliver') deliver(ws);
    else if (how === 'removeAllListeners') ws.removeAllListeners(...(who === 0 ? [] : (['message'] as const)));
    else if (how === 'addEventListener') ws.addEventListener('message', dom[who]!);
    else if (how === 'addEventListener once') ws.addEventListener('message', dom[who]!, { once: true });
    else if (how === 'removeEventListener') ws.removeEventListener('message', dom[who]!);
    else if (how === 'onmessage') ws.onmessage = dom[who]!;
    else if (how === 'no onmessage') ws.onmessage = null;
    else ws[how]('message', plain[who]!);
  }
  return seen;
}

const emit = (ws: WebSocketClient): void => void ws.emit('message', Buffer.from('x'), false);

const tell = (ws: WebSocketClient): void => {
  if (wantsString(ws)) tellText(ws, 'x');
  else emit(ws);
};

const tellAsBuffer = (ws: WebSocketClient): void => tellMessage(ws, Buffer.from('x'), false);

const listener = (): void => {};

describe('a message', () => {
  it('is heard as if it were emitted, whoever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const expected = play(steps, emit, true);
        expect(play(steps, tellAsBuffer, true)).toEqual(expected);
        beginRead();
        try {
          expect(play(steps, tellAsBuffer, true)).toEqual(expected);
        } finally {
          endRead();
        }
      }),
      runs(1_000, 100_000),
    );
  });

  it('is told to who listens now, in each read and of each socket', () => {
    const heard: string[] = [];
    const [ws, other] = [new WebSocketClient(null), new WebSocketClient(null)];
    const foreign = (): void => void heard.push('foreign');
    ws.on('message', () => void heard.push('ws'));
    other.on('message', () => void heard.push('other'));
    beginRead();
    for (const one of [ws, other, ws]) tellMessage(one, Buffer.alloc(0), true);
    endRead();
    EventEmitter.prototype.removeAllListeners.call(ws, 'message');
    EventEmitter.prototype.on.call(ws, 'message', foreign);
    beginRead();
    tellMessage(ws, Buffer.alloc(0), true);
    tellMessage(ws, Buffer.alloc(0), true);
    endRead();
    expect(heard).toEqual(['ws', 'other', 'ws', 'foreign', 'foreign']);
  });

  it('is emitted where somebody sees that', () => {
    const ws = new WebSocketClient(null);
    const emitted: unknown[][] = [];
    ws.on('message', listener);
    beginRead();
    tellMessage(ws, Buffer.alloc(0), true);
    ws.emit = (...told: unknown[]) => emitted.push(told) > 0;
    tellMessage(ws, Buffer.from('x'), true);
    endRead();
    expect(emitted).toEqual([['message', Buffer.from('x'), true]]);
  });

  it('leaves to Node what an asynchronous listener throws, if that was captured when the socket was made', async () => {
    EventEmitter.captureRejections = true;
    const ws = new WebSocketClient(null);
    EventEmitter.captureRejections = false;
    const failed = new Promise((resolve) => ws.on('error', resolve));
    const error = new Error('mine');
    ws.on('message', () => Promise.reject(error));
    beginRead();
    tellAsBuffer(ws);
    endRead();
    expect(await failed).toBe(error);
  });

  it('is not told to one who went, though others hear of that first, and throw', () => {
    const ws = new WebSocketClient(null);
    let told = 0;
    const once = (): void => {
      told++;
      expect(() => ws.off('message', once)).toThrow('mine');
    };
    ws.on('message', once);
    EventEmitter.prototype.on.call(ws, 'removeListener', () => {
      tellAsBuffer(ws);
      throw new Error('mine');
    });
    beginRead();
    tellAsBuffer(ws);
    tellAsBuffer(ws);
    endRead();
    expect(told).toBe(1);
  });

  it('is told to a listener whatever methods that has', () => {
    const ws = new WebSocketClient(null);
    const heard: unknown[] = [];
    const odd = Object.assign((data: Buffer) => void heard.push(String(data)), {
      call: () => void heard.push('own call'),
    });
    ws.on('message', odd);
    beginRead();
    tellAsBuffer(ws);
    endRead();
    expect(heard).toEqual(['x']);
  });

  it('is emitted where emit was replaced before the library came', () => {
    const script = `
      import domain from 'node:domain';
      import { once } from 'node:events';
      const { WebSocketServer, WebSocketClient } = await import('./dist/index.js');
      const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(wss, 'listening');
      const inDomain = domain.create();
      wss.on('connection', (ws) => {
        inDomain.add(ws);
        ws.on('message', () => {
          process.stdout.write(String(process.domain === inDomain));
          ws.close();
          wss.close();
        });
      });
      const ws = new WebSocketClient('ws://127.0.0.1:' + wss.address().port);
      ws.on('open', () => ws.send('x'));
    `;
    const args = ['--no-warnings', '--input-type=module', '--eval', script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    expect([stdout, stderr]).toEqual(['true', '']);
  });
});

describe('text as a string', () => {
  it('is heard as the Buffer would be that is emitted, whoever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const expected = play(steps, emit);
        expect(play(steps, tell)).toEqual(expected);
        beginRead();
        try {
          expect(play(steps, tell)).toEqual(expected);
        } finally {
          endRead();
        }
      }),
      runs(1_000, 100_000),
    );
  });

  it('is wanted if only listeners of the WHATWG side hear it, and nobody sees what is emitted', () => {
    const ws = new WebSocketClient(null);
    expect(wantsString(ws)).toBe(false);
    ws.onmessage = listener;
    expect(wantsString(ws)).toBe(true);
    EventEmitter.prototype.on.call(ws, 'message', listener);
    expect(wantsString(ws)).toBe(false);
    ws.off('message', listener);
    expect(wantsString(ws)).toBe(true);
    const { emit: plain } = EventEmitter.prototype;
    EventEmitter.prototype.emit = () => true;
    try {
      expect(wantsString(ws)).toBe(false);
    } finally {
      EventEmitter.prototype.emit = plain;
    }
    expect(wantsString(ws)).toBe(true);
    ws.emit = () => true;
    expect(wantsString(ws)).toBe(false);
  });

  it('is asked for anew in each read, and of each socket', () => {
    const [ws, other] = [new WebSocketClient(null), new WebSocketClient(null)];
    ws.onmessage = listener;
    other.onmessage = listener;
    other.on('message', listener);
    beginRead();
    expect([ws, other, ws, other].map(wantsString)).toEqual([true, false, true, false]);
    endRead();
    EventEmitter.prototype.on.call(ws, 'message', listener);
    beginRead();
    expect(wantsString(ws)).toBe(false);
    endRead();
  });
});
