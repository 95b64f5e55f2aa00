import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../src/pubsub/backplane.ts';
import { Hub, type HubOptions } from '../../src/pubsub/hub.ts';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import type { Replay } from '../../src/pubsub/replay.ts';
import { Recorder } from './recorder.ts';

const turn = (): Promise<void> => sleep(5);

const slowAndFast = async (hub: Hub): Promise<[Recorder, Recorder]> => {
  const [slow, fast] = [new Recorder(), new Recorder()];
  slow.reads = false;
  await hub.join(slow, 'a');
  await hub.join(fast, 'a');
  for (let i = 0; i < 6; i++) await hub.publish('a', `message ${i}`);
  await turn();
  expect(fast.messages).toHaveLength(6);
  return [slow, fast];
};

describe('a hub without a log', () => {
  let backplane: MemoryBackplane;
  const create = (options: Partial<HubOptions> = {}): Hub => new Hub({ backplane, ...options });
  beforeEach(() => {
    backplane = new MemoryBackplane();
  });

  it('delivers to the members, the publisher included, and one message object to all', async () => {
    const hub = create();
    const [ann, bob, eve] = [new Recorder(), new Recorder(), new Recorder()];
    await Promise.all([hub.join(ann, 'a'), hub.join(bob, 'a'), hub.join(eve, 'b')]);
    await hub.publish('a', 'hi');
    await turn();
    expect([ann.texts, bob.texts, eve.texts]).toEqual([['hi'], ['hi'], []]);
    expect(ann.messages[0]).toBe(bob.messages[0]);
    expect(ann.messages[0]?.isBinary).toBe(false);
  });

  it('delivers bytes as binary', async () => {
    const hub = create();
    const ann = new Recorder();
    await hub.join(ann, 'a');
    await hub.publish('a', new Uint8Array([1, 2]));
    await turn();
    expect(ann.messages[0]).toMatchObject({ isBinary: true });
  });

  it('knows its members, once each', async () => {
    const hub = create();
    const ann = new Recorder();
    expect(await hub.join(ann, 'a')).toBe(true);
    expect(await hub.join(ann, 'a')).toBe(false);
    await hub.join(ann, 'b');
    expect(hub.members('a')).toEqual([ann]);
    expect(hub.channelsOf(ann)).toEqual(['a', 'b']);
    hub.leave(ann, 'a');
    hub.leave(ann, 'a');
    expect([hub.members('a'), hub.channelsOf(ann)]).toEqual([[], ['b']]);
    await hub.publish('a', 'x');
    await turn();
    expect(ann.messages).toEqual([]);
  });

  it('makes who closes leave everything', async () => {
    const hub = create();
    const ann = new Recorder();
    await hub.join(ann, 'a');
    await hub.join(ann, 'b');
    ann.emit('close');
    expect([hub.members('a'), hub.members('b'), hub.channelsOf(ann)]).toEqual([[], [], []]);
  });

  it('does not let in who left while joining', async () => {
    const hub = create();
    const ann = new Recorder();
    const joining = hub.join(ann, 'a');
    hub.leave(ann, 'a');
    expect(await joining).toBe(false);
    await hub.publish('a', 'x');
    await turn();
    expect(ann.messages).toEqual([]);
  });

  it('subscribes with the first and unsubscribes with the last member', async () => {
    const calls: string[] = [];
    const hub = new Hub({
      backplane: {
        state: 'ready',
        publish: async () => {},
        close: async () => {},
        subscribe: async (channel) => {
          calls.push(`+${channel}`);
          return async () => {
            calls.push(`-${channel}`);
          };
        },
      },
    });
    const [ann, bob] = [new Recorder(), new Recorder()];
    await Promise.all([hub.join(ann, 'a'), hub.join(bob, 'a')]);
    hub.leave(ann, 'a');
    await turn();
    expect(calls).toEqual(['+a']);
    hub.leave(bob, 'a');
    await turn();
    expect(calls).toEqual(['+a', '-a']);
  });

  it('tells a gap of the backplane to the members', async () => {
    let gap: (() => void) | undefined;
    const hub = new Hub({
      backplane: {
        state: 'ready',
        publish: async () => {},
        close: async () => {},
        subscribe: async (_channel, _deliver, options) => {
          gap = options?.gap;
          return async () => {};
        },
      },
      gap: (channel, last) => `gap in ${channel}, ${last}`,
    });
    const ann = new Recorder();
    await hub.join(ann, 'a');
    gap?.();
    expect(ann.texts).toEqual(['gap in a, undefined']);
  });

  it('refuses to join when the backplane is closed, and is as before', async () => {
    const hub = create();
    const ann = new Recorder();
    await backplane.close();
    await expect(hub.join(ann, 'a')).rejects.toThrow(UnavailableError);
    await expect(hub.publish('a', 'x')).rejects.toThrow(UnavailableError);
    expect(hub.members('a')).toEqual([]);
  });

  it('goes on when the send of a member throws', async () => {
    const hub = create();
    const [bad, good] = [new Recorder(), new Recorder()];
    bad.send = () => {
      throw new Error('broken');
    };
    await hub.join(bad, 'a');
    await hub.join(good, 'a');
    await hub.publish('a', 'x');
    await turn();
    expect([good.texts, bad.closes, hub.members('a')]).toEqual([['x'], [1011], [good]]);
  });

  describe('and a member that does not read', () => {
    it('closes it with 1013', async () => {
      const outcomes: string[] = [];
      const hub = create({ limit: 30, onSlow: (_, outcome) => outcomes.push(outcome) });
      const [slow, fast] = await slowAndFast(hub);
      expect(slow.texts).toEqual(['message 0', 'message 1', 'message 2']);
      expect([slow.closes, outcomes, hub.members('a')]).toEqual([[1013], ['closed'], [fast]]);
    });

    it('drops what is new', async () => {
      const [slow] = await slowAndFast(create({ limit: 30, slow: 'drop-new' }));
      expect([slow.texts, slow.closes]).toEqual([['message 0', 'message 1', 'message 2'], []]);
    });

    it('drops what is old, and sends the rest when there is room', async () => {
      const outcomes: string[] = [];
      const hub = create({ limit: 18, slow: 'drop-old', onSlow: (_, outcome) => outcomes.push(outcome) });
      const [slow] = await slowAndFast(hub);
      expect([slow.texts, outcomes]).toEqual([
        ['message 0', 'message 1'],
        ['dropped', 'dropped'],
      ]);
      slow.bufferedAmount = 0;
      slow.reads = true;
      slow.emit('drain');
      expect(slow.texts).toEqual(['message 0', 'message 1', 'message 4', 'message 5']);
      await hub.publish('a', 'on');
      await turn();
      expect(slow.texts.at(-1)).toBe('on');
    });

    it('asks a function', async () => {
      const verdicts = ['send', 'drop', 'close'] as const;
      let i = 0;
      const hub = create({ limit: 30, slow: () => verdicts[i++] ?? 'send' });
      const [slow] = await slowAndFast(hub);
      expect([slow.texts, slow.closes]).toEqual([['message 0', 'message 1', 'message 2', 'message 3'], [1013]]);
    });

    it('sends a message larger than the limit to who has nothing waiting', async () => {
      const hub = create({ limit: 3 });
      const ann = new Recorder();
      await hub.join(ann, 'a');
      await hub.publish('a', 'long');
      await turn();
      expect([ann.texts, ann.closes]).toEqual([['long'], []]);
    });
  });
});

describe('a hub with a log', () => {
  let backplane: MemoryBackplane;
  let log: MemoryLog;
  let hub: Hub;
  beforeEach(() => {
    backplane = new MemoryBackplane();
    log = new MemoryLog({ backplane });
    hub = new Hub({ backplane, log, render: (message, { id }) => `${id === undefined ? '-' : '#'}${String(message)}` });
  });

  it('gives an id, stores a key once and delivers it once', async () => {
    const ann = new Recorder();
    await hub.join(ann, 'a');
    const first = await hub.publish('a', 'x', { key: 'k' });
    expect(await hub.publish('a', 'x', { key: 'k' })).toEqual({ id: first?.id, isDuplicate: true });
    await turn();
    expect(ann.texts).toEqual(['#x']);
  });

  it('renders once for all members', async () => {
    let count = 0;
    const counting = new Hub({ backplane, log, render: (message) => `${++count} ${String(message)}` });
    const members = [new Recorder(), new Recorder(), new Recorder()];
    for (const member of members) await counting.join(member, 'a');
    await counting.publish('a', 'x');
    await turn();
    expect(members.map(({ texts }) => texts)).toEqual([['1 x'], ['1 x'], ['1 x']]);
  });

  it('replays the newest, then is live', async () => {
    for (let i = 0; i < 5; i++) await hub.publish('a', String(i));
    const ann = new Recorder();
    await hub.join(ann, 'a', { newest: 2 });
    await hub.publish('a', '5');
    await turn();
    expect(ann.texts).toEqual(['#3', '#4', '#5']);
  });

  it('replays exactly what was missed, in parts, while others go on talking', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 350; i++) ids.push((await hub.publish('a', String(i)))?.id ?? '');
    const got: string[] = [];
    const parts: Replay[] = [];
    const ann = new Recorder();
    ann.send = (message) => got.push(message.data.toString());
    const talking = (async () => {
      for (let i = 350; i < 450; i++) {
        await hub.publish('a', String(i));
        await sleep(i % 3 === 0 ? 1 : 0);
      }
    })();
    await hub.join(ann, 'a', {
      after: ids[19] ?? '',
      replay: async (part) => {
        parts.push(part);
        got.push(...part.entries.map(({ data }) => `#${String(data)}`));
        if (part.more) await sleep(10);
      },
    });
    await talking;
    await turn();
    expect(got).toEqual(Array.from({ length: 430 }, (_, i) => `#${i + 20}`));
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.map(({ more }) => more)).toEqual([...parts.slice(1).map(() => true), false]);
    expect(parts.every(({ entries }) => entries.length <= 100)).toBe(true);
  });

  it('says when it cannot continue, and begins with the newest', async () => {
    for (let i = 0; i < 5; i++) await hub.publish('a', String(i));
    const parts: Replay[] = [];
    await hub.join(new Recorder(), 'a', { after: 'elsewhere.7', newest: 2, replay: (part) => void parts.push(part) });
    expect(parts).toMatchObject([{ recovered: false, more: false, entries: [{ data: '3' }, { data: '4' }] }]);
  });

  it('publishes past the log on demand', async () => {
    const ann = new Recorder();
    await hub.join(ann, 'a');
    expect(await hub.publish('a', 'x', { store: false })).toBeUndefined();
    await turn();
    expect(ann.texts).toEqual(['-x']);
    expect((await log.read('a', { limit: 5 })).entries).toEqual([]);
  });

  it('rejects, and takes the member out again, when the last part of a replay fails later', async () => {
    const ann = new Recorder();
    const joining = hub.join(ann, 'a', {
      newest: 1,
      replay: async () => {
        await turn();
        throw new Error('the page is gone');
      },
    });
    await expect(joining).rejects.toThrow('the page is gone');
    expect(hub.members('a')).toEqual([]);
  });

  it('a join that fails takes nothing from the one that came after it', async () => {
    const [first] = await Promise.all(Array.from({ length: 120 }, (_, i) => log.append('a', `message ${i}`)));
    const failing = new AbortController();
    const ann = new Recorder();
    const replay = async (): Promise<void> => {
      await once(failing.signal, 'abort');
      throw new Error('cannot be shown');
    };
    const failed = hub.join(ann, 'a', { after: first?.id ?? '', replay });
    await turn();
    hub.leave(ann, 'a');
    await hub.join(ann, 'a');
    failing.abort();
    await expect(failed).rejects.toThrow('cannot be shown');
    expect(hub.members('a')).toEqual([ann]);
  });

  it('shows nothing to who has left while the log was asked, though it cannot be reached', async () => {
    const lost = new AbortController();
    const seen = { reads: 0 };
    const flaky = {
      append: log.append.bind(log),
      close: async () => {},
      read: async (...args: Parameters<MemoryLog['read']>) => {
        if (++seen.reads === 1) return log.read(...args);
        await once(lost.signal, 'abort');
        throw new UnavailableError('away');
      },
    };
    const away = new Hub({ backplane, log: flaky });
    const ann = new Recorder();
    const parts: Replay[] = [];
    const joining = away.join(ann, 'a', { newest: 10, replay: (part) => void parts.push(part) });
    while (seen.reads < 2) await turn();
    away.leave(ann, 'a');
    lost.abort();
    expect(await joining).toBe(false);
    expect(parts).toEqual([]);
  });

  it('lets in while the log is away, and replays when it has returned', async () => {
    let isAway = true;
    const flaky = {
      append: log.append.bind(log),
      close: async () => {},
      read: async (...args: Parameters<MemoryLog['read']>) => {
        if (isAway) throw new UnavailableError('away');
        return log.read(...args);
      },
    };
    await log.append('a', 'before');
    const away = new Hub({ backplane, log: flaky });
    const parts: Replay[] = [];
    const ann = new Recorder();
    const joining = away.join(ann, 'a', { newest: 10, replay: (part) => void parts.push(part) });
    await turn();
    expect(parts).toEqual([{ entries: [], more: true, recovered: true, last: undefined }]);
    isAway = false;
    expect(await joining).toBe(true);
    expect(parts[1]).toMatchObject({ entries: [{ data: 'before' }], more: false });
    // Who comes later is not told of what is over.
    const late: Replay[] = [];
    await away.join(new Recorder(), 'a', { newest: 10, replay: (part) => void late.push(part) });
    expect(late).toMatchObject([{ entries: [{ data: 'before' }], more: false }]);
    await away.publish('a', 'after');
    await turn();
    expect(ann.texts).toEqual(['after']);
  });
});
