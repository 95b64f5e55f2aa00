import { describe, expect, it } from 'vitest';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog, type MemoryLogOptions } from '../../src/pubsub/memory-log.ts';
import { backplaneContract } from './backplane.contract.ts';
import { logContract } from './message-log.contract.ts';

const create = (options: Partial<MemoryLogOptions>): MemoryLog =>
  new MemoryLog({ backplane: new MemoryBackplane(), ...options });

describe('memory backplane', () => {
  backplaneContract(async () => {
    const backplane = new MemoryBackplane();
    return { backplanes: [backplane, backplane], close: () => backplane.close() };
  });
});

describe('memory log', () => {
  logContract(async (retention) => {
    const backplane = new MemoryBackplane();
    const log = new MemoryLog({ backplane, ...retention });
    return { log, other: log, backplane, close: () => Promise.all([log.close(), backplane.close()]).then(() => {}) };
  });

  it('does not continue from an id of another log', async () => {
    const { id } = await create({}).append('a', 'x');
    const log = create({});
    await log.append('a', 'y');
    expect(await log.read('a', { after: id, limit: 5 })).toMatchObject({ recovered: false, entries: [{ data: 'y' }] });
    expect(await log.read('b', { after: id, limit: 5 })).toMatchObject({ recovered: false, entries: [] });
  });

  it('forgets the stream that was written to longest ago, beyond maxStreams or maxBytes', async () => {
    const log = create({ maxStreams: 2 });
    const { id } = await log.append('a', '1');
    await log.append('b', '1');
    await log.append('a', '2');
    await log.append('c', '1');
    expect(await log.read('a', { after: id, limit: 5 })).toMatchObject({ recovered: true, entries: [{ data: '2' }] });
    expect((await log.read('b', { limit: 5 })).entries).toEqual([]);
    expect(await log.read('b', { after: id, limit: 5 })).toMatchObject({ recovered: false });

    const small = create({ maxBytes: 2_000 });
    for (const stream of ['a', 'b', 'c']) await small.append(stream, 'x'.repeat(400));
    expect((await small.read('a', { limit: 5 })).entries).toHaveLength(0);
    expect((await small.read('b', { limit: 5 })).entries).toHaveLength(1);
    await small.append('b', new Uint8Array(1_500));
    expect((await small.read('c', { limit: 5 })).entries).toHaveLength(0);
    expect((await small.read('b', { limit: 5 })).entries).toHaveLength(2);
  });

  it('keeps time by the clock it is given', async () => {
    let now = 0;
    const log = create({ now: () => now, maxAge: 1_000 });
    const { id } = await log.append('a', 'x');
    now = 2_000;
    expect(await log.read('a', { limit: 5 })).toMatchObject({ entries: [], last: id });
    expect(await log.read('a', { after: id, limit: 5 })).toMatchObject({ recovered: true });
  });
});
