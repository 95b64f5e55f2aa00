import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UnavailableError, type Backplane, type Payload } from '../../src/pubsub/backplane.ts';
import { encodeBell, parseBell } from '../../src/pubsub/bell.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { LogFollower } from '../../src/pubsub/log-follower.ts';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import type { LogEntry, MessageLog } from '../../src/pubsub/message-log.ts';
import { runs } from '../support/runs.ts';
import { Recorder } from './recorder.ts';

type Fate = 'ok' | 'lost' | 'twice' | 'late';

/** A memory backplane with a bad line: messages are lost, doubled or late; `heal` tells the gap and is good again. */
class BadLine implements Backplane {
  readonly state = 'ready';
  readonly #inner = new MemoryBackplane();
  readonly #gaps = new Set<() => void>();
  #late: (() => Promise<void>)[] = [];
  fates: Fate[] = [];

  async publish(channel: string, message: Payload): Promise<void> {
    const fate = this.fates.shift() ?? 'ok';
    if (fate === 'lost') return;
    if (fate === 'late') {
      this.#late.push(() => this.#inner.publish(channel, message));
      return;
    }
    await this.#inner.publish(channel, message);
    if (fate === 'twice') await this.#inner.publish(channel, message);
  }

  async subscribe(...[channel, deliver, options]: Parameters<Backplane['subscribe']>) {
    if (options?.gap) this.#gaps.add(options.gap);
    return this.#inner.subscribe(channel, deliver);
  }

  async heal(): Promise<void> {
    this.fates = [];
    for (const send of this.#late.toReversed()) await send();
    this.#late = [];
    for (const gap of this.#gaps) gap();
    await sleep(1);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}

const fate = fc.constantFrom<Fate>('ok', 'ok', 'lost', 'twice', 'late');
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('say' as const), fate }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heal' as const) }) },
);

it('every member gets everything from where it joined, once and in order, whatever the bells suffer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const backplane = new BadLine();
      const log = new MemoryLog({ backplane });
      const hub = new Hub({ backplane, log });
      const members: { recorder: Recorder; from: number }[] = [];
      const ids = [(await log.read('a', { limit: 0 })).last];
      for (const { kind, ...rest } of acts) {
        if (kind === 'say' && 'fate' in rest) {
          backplane.fates.push(rest.fate);
          ids.push((await log.append('a', String(ids.length))).id);
        } else if (kind === 'join') {
          const recorder = new Recorder();
          // Somebody who has seen half of it comes back.
          const from = Math.floor(ids.length / 2);
          members.push({ recorder, from });
          void hub.join(recorder, 'a', { after: ids[from] ?? '' });
        } else if (kind === 'heal') {
          await backplane.heal();
        } else {
          await sleep(0);
        }
      }
      await sleep(0);
      await backplane.heal();
      const all = ids.map((_, i) => String(i));
      for (const { recorder, from } of members) expect(recorder.texts).toEqual(all.slice(from + 1));
      await hub.close();
      await log.close();
    }),
    runs(150, 20_000),
  );
});

it('tells a gap when the log is another one, and then what is new in it', async () => {
  const backplane = new BadLine();
  let log: MessageLog = new MemoryLog({ backplane });
  const news: string[] = [];
  const follower = new LogFollower({
    log: { read: (...args) => log.read(...args) },
    backplane,
    stream: 'a',
    entry: ({ data }) => news.push(String(data)),
    gap: () => news.push('gap'),
  });
  expect(await follower.start()).toBe(true);
  await log.append('a', '1');
  await sleep(1);
  log = new MemoryLog({ backplane });
  await log.append('a', '2');
  await log.append('a', '3');
  await sleep(5);
  expect(news).toEqual(['1', 'gap', '2', '3']);
  await follower.close();
});

it('begins when the log can be reached', async () => {
  const backplane = new MemoryBackplane();
  const log = new MemoryLog({ backplane });
  await log.append('a', 'old');
  let isAway = true;
  const news: string[] = [];
  const follower = new LogFollower({
    log: {
      read: async (...args) => {
        if (isAway) throw new UnavailableError('away');
        return log.read(...args);
      },
    },
    backplane,
    stream: 'a',
    entry: ({ data }) => news.push(String(data)),
    gap: () => news.push('gap'),
    retry: 10,
  });
  expect(await follower.start()).toBe(false);
  expect(follower.cursor).toBeUndefined();
  isAway = false;
  await follower.begun;
  await log.append('a', 'new');
  await sleep(1);
  expect(news).toEqual(['new']);
  await follower.close();
  await log.append('a', 'after');
  await sleep(1);
  expect(news).toEqual(['new']);
});

it.each(['is answered', 'fails'])(
  'reads again for a gap that is told in whatever turn after a reading %s',
  async (end) => {
    for (let turns = 0; turns < 20; turns++) {
      const stored: LogEntry[] = [];
      let answer: (() => void) | undefined;
      let refuse: ((error: Error) => void) | undefined;
      let isHeld = false;
      let tellGap: (() => void) | undefined;
      const news: string[] = [];
      const follower = new LogFollower({
        log: {
          read: async (_, { after }) => {
            const page = { entries: stored.slice(Number(after ?? 0)), last: String(stored.length) };
            if (isHeld) await new Promise<void>((...ends) => ([answer, refuse] = ends));
            return { ...page, more: false, recovered: true };
          },
        },
        backplane: {
          subscribe: async (_channel, _deliver, options) => {
            tellGap = options?.gap;
            return async () => {};
          },
        },
        stream: 'a',
        entry: ({ data }) => news.push(String(data)),
        gap: () => news.push('gap'),
        // The gap is to help, not the timer.
        retry: 60_000,
      });
      await follower.start();
      isHeld = true;
      tellGap!();
      isHeld = false;
      stored.push({ id: '1', data: 'one' });
      if (end === 'fails') refuse!(new UnavailableError('away'));
      else answer!();
      for (let turn = 0; turn < turns; turn++) await undefined;
      tellGap!();
      await sleep(0);
      expect(news, `${turns} turns after it`).toEqual(['one']);
      await follower.close();
    }
  },
);

it('a bell parses to what was encoded, and anything else to nothing or a bell', () => {
  const id = fc.stringMatching(/^[!-~]{1,20}$/);
  fc.assert(
    fc.property(id, id, fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()), (previous, entry, data) => {
      const bell = parseBell(encodeBell({ previous, id: entry, data }));
      expect(bell).toMatchObject({ previous, id: entry });
      expect([...(bell?.data ?? '?')]).toEqual([...data]);
    }),
    runs(1_000, 100_000),
  );
  for (const message of ['', 'x', 'x\n', ' \n', 'a b c\nx', new Uint8Array(), new Uint8Array([10])]) {
    expect(parseBell(message)).toBeUndefined();
  }
});
