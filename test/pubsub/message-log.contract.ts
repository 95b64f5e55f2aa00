import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { Backplane } from '../../src/pubsub/backplane.ts';
import { bellChannel, parseBell, type Bell } from '../../src/pubsub/bell.ts';
import type { MessageLog, Retention } from '../../src/pubsub/message-log.ts';
import { settled } from './backplane.contract.ts';

export interface LogGroup {
  readonly log: MessageLog;
  /** The same log, from another process where there are several. */
  readonly other: MessageLog;
  readonly backplane: Backplane;
  close(): Promise<void>;
}

/** What every log promises. */
export function logContract(create: (retention?: Retention) => Promise<LogGroup>): void {
  let group: LogGroup;
  let log: MessageLog;

  const begin = async (retention?: Retention): Promise<void> => {
    group = await create(retention);
    ({ log } = group);
  };
  const fill = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 1; i <= count; i++) ids.push((await log.append('a', String(i))).id);
    return ids;
  };
  afterEach(() => group.close());

  it('forgets the oldest beyond maxEntries, and says so to who had not seen them', async () => {
    await begin({ maxEntries: 5 });
    const ids = await fill(12);
    const page = await log.read('a', { after: ids[1] ?? '', limit: 100 });
    expect(page.recovered).toBe(false);
    expect(page.entries.map(({ data }) => data)).toEqual(['8', '9', '10', '11', '12']);
    const seen = await log.read('a', { after: ids[8] ?? '', limit: 100 });
    expect(seen).toMatchObject({ recovered: true, entries: [{ data: '10' }, { data: '11' }, { data: '12' }] });
  });

  it('forgets what is older than maxAge', async () => {
    await begin({ maxAge: 1_000 });
    const [old = ''] = await fill(2);
    await sleep(1_100);
    const { id } = await log.append('a', 'new');
    expect((await log.read('a', { limit: 10 })).entries).toEqual([{ id, data: 'new' }]);
    expect((await log.read('a', { after: old, limit: 10 })).recovered).toBe(false);
  });

  it('remembers a key for keyAge', async () => {
    await begin({ keyAge: 1_000 });
    const { id } = await log.append('a', 'x', { key: 'k' });
    expect(await log.append('a', 'x', { key: 'k' })).toEqual({ id, isDuplicate: true });
    await sleep(1_100);
    expect(await log.append('a', 'x', { key: 'k' })).toMatchObject({ isDuplicate: false });
  });

  it('remembers the key of an entry that it has trimmed', async () => {
    await begin({ maxEntries: 2 });
    const { id } = await log.append('a', 'x', { key: 'k' });
    await fill(5);
    expect(await log.append('a', 'x', { key: 'k' })).toEqual({ id, isDuplicate: true });
  });

  it('refuses when it is closed', async () => {
    await begin();
    await log.close();
    await expect(log.append('a', 'x')).rejects.toMatchObject({ name: 'UnavailableError' });
    await expect(log.read('a', { limit: 1 })).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('is empty at first, and can be continued from there', async () => {
    await begin();
    const empty = await log.read('a', { limit: 10 });
    expect(empty).toMatchObject({ entries: [], more: false, recovered: true });
    expect(empty.last).toMatch(/^\S+$/);
    await fill(2);
    const page = await log.read('a', { after: empty.last, limit: 10 });
    expect(page).toMatchObject({ recovered: true, entries: [{ data: '1' }, { data: '2' }] });
  });

  it('is not confused by what another stream stores', async () => {
    await begin();
    const { last } = await log.read('a', { limit: 0 });
    await log.append('b', 'x');
    expect(await log.read('a', { after: last, limit: 10 })).toEqual({
      entries: [],
      last,
      more: false,
      recovered: true,
    });
    await log.append('a', 'y');
    expect(await log.read('a', { after: last, limit: 10 })).toMatchObject({
      recovered: true,
      entries: [{ data: 'y' }],
    });
  });

  it('reads the newest, or what came after an id, in parts', async () => {
    await begin();
    const ids = await fill(10);
    const newest = await log.read('a', { limit: 3 });
    expect(newest).toMatchObject({
      entries: [{ data: '8' }, { data: '9' }, { data: '10' }],
      more: false,
      last: ids[9],
    });
    expect(await log.read('a', { limit: 0 })).toEqual({ entries: [], more: false, recovered: true, last: ids[9] });
    const part = await log.read('a', { after: ids[2] ?? '', limit: 4 });
    expect(part.entries.map(({ id }) => id)).toEqual(ids.slice(3, 7));
    expect(part).toMatchObject({ more: true, last: ids[6], recovered: true });
    const rest = await log.read('a', { after: part.last, limit: 4 });
    expect(rest.entries.map(({ data }) => data)).toEqual(['8', '9', '10']);
    expect(rest).toMatchObject({ more: false, last: ids[9] });
    expect(await log.read('a', { after: ids[9] ?? '', limit: 4 })).toMatchObject({
      entries: [],
      last: ids[9],
      more: false,
    });
  });

  it.each(['', 'x', 'x.1', '1-1', '0.1-1', 'x.99999999999999999999', `${'a'.repeat(300)}.1`, '*', '-', '+'])(
    'does not continue from an id it never gave: %j',
    async (after) => {
      await begin();
      await fill(2);
      const page = await log.read('a', { after, limit: 10 });
      expect(page).toMatchObject({ recovered: false, entries: [{ data: '1' }, { data: '2' }] });
    },
  );

  it('stores a key once, however often and from wherever it is sent', async () => {
    await begin();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? log : group.other).append('a', 'x', { key: 'k' })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect((await group.other.read('a', { limit: 10 })).entries).toHaveLength(1);
    expect(await log.append('b', 'x', { key: 'k' })).toMatchObject({ isDuplicate: false });
    expect(await log.append('a', 'x', { key: 'l' })).toMatchObject({ isDuplicate: false });
  });

  it('keeps text and bytes intact', async () => {
    await begin();
    const bytes = Buffer.from([0, 0xff, 0x0a, 0x80]);
    await log.append('a', 'grüße 👋\nzweite Zeile');
    await log.append('a', bytes);
    await log.append('a', '');
    const { entries } = await group.other.read('a', { limit: 10 });
    expect(entries.map(({ data }) => typeof data)).toEqual(['string', 'object', 'string']);
    expect(entries[0]?.data).toBe('grüße 👋\nzweite Zeile');
    expect(Buffer.from(entries[1]?.data as Uint8Array).equals(bytes)).toBe(true);
  });

  it('stores in the order of the calls', async () => {
    await begin();
    await Promise.all(Array.from({ length: 200 }, (_, i) => log.append('a', String(i))));
    const { entries } = await log.read('a', { limit: 300 });
    expect(entries.map(({ data }) => Number(data))).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('rings once for every entry, and tells what came before it', async () => {
    await begin();
    const bells: (Bell | undefined)[] = [];
    await group.backplane.subscribe(bellChannel('a'), (message) => bells.push(parseBell(message)));
    const { last } = await log.read('a', { limit: 0 });
    const first = await log.append('a', 'x', { key: 'k' });
    await log.append('a', 'x', { key: 'k' });
    const second = await group.other.append('a', Buffer.from([1, 0x0a]));
    await settled(bells, 2);
    expect(bells).toHaveLength(2);
    expect(bells[0]).toEqual({ previous: last, id: first.id, data: 'x' });
    expect(bells[1]).toMatchObject({ previous: first.id, id: second.id });
    expect(Buffer.from((bells[1]?.data ?? '') as Uint8Array).toString('hex')).toBe('010a');
  });
}
