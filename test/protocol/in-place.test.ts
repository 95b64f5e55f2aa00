import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Keeper } from '../support/keeper.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';
import { frame, type FrameSpec } from '../support/wire.ts';

const READ = 65_536;

interface Sent {
  readonly frames: readonly FrameSpec[];
  /** What is told: Pings between the fragments before their message. */
  readonly told: readonly Buffer[];
}

/** A message of `size` bytes that no other has, or a Ping with them; fragments begin at `cuts`, parts of it from 0 to 1. */
function make(opcode: number, size: number, n: number, cuts: readonly number[] = [], pings = false): Sent {
  const data = Buffer.alloc(size, `${n} `);
  const ends = [...cuts.toSorted((a, b) => a - b).map((part) => Math.floor(part * size)), size];
  const frames: FrameSpec[] = [];
  const told: Buffer[] = [];
  for (const [i, end] of ends.entries()) {
    const fin = i === cuts.length;
    frames.push({ fin, opcode: i > 0 ? 0 : opcode, payload: data.subarray(ends[i - 1] ?? 0, end), mask: true });
    if (fin || !pings) continue;
    const ping = Buffer.from(`ping ${n} at ${end}`);
    frames.push({ opcode: 9, payload: ping, mask: true });
    told.push(ping);
  }
  return { frames, told: [...told, data] };
}

const encode = (sent: readonly Sent[]): Buffer => Buffer.concat(sent.flatMap(({ frames }) => frames.map(frame)));

/** The reads in which a socket gives it, each in memory of its own. */
function readsOf(wire: Buffer, size = READ): Buffer[] {
  const reads: Buffer[] = [];
  for (let at = 0; at < wire.length; at += size) {
    reads.push(Buffer.from(new Uint8Array(wire.subarray(at, at + size)).buffer));
  }
  return reads;
}

const memoryOf = (keeper: Keeper): ArrayBufferLike[] => keeper.kept.map(({ data }) => (data as Buffer).buffer);

function read(keeper: Keeper, reads: readonly Buffer[]): void {
  for (const one of reads) keeper.connection.reader.receive(one);
}

function expectAll(keeper: Keeper, sent: readonly Sent[]): void {
  const told = sent.flatMap((one) => one.told);
  expect(keeper.errors).toEqual([]);
  expect(keeper.kept.length).toBe(told.length);
  expect(keeper.kept.every(({ data }, i) => told[i]!.equals(data as Buffer))).toBe(true);
}

describe('a message that a read cuts', () => {
  beforeAll(makeKernel);

  it.each([16_384, READ])('of %i bytes is completed where it came, if there is room', (size) => {
    const sent = Array.from({ length: 9 }, (_, n) => make(2, size, n));
    const reads = readsOf(encode(sent));
    const keeper = new Keeper('server');
    read(keeper, reads);
    expectAll(keeper, sent);
    const memories = new Set<ArrayBufferLike>(reads.map(({ buffer }) => buffer));
    expect(memoryOf(keeper).every((memory) => memories.has(memory))).toBe(true);
  });

  it('stays there, though too little has come to believe in its length', () => {
    const sent = [make(2, 123_000, 0), make(2, 61_500, 1)];
    const wire = encode(sent);
    const cuts = [READ, wire.length - 61_500 + 4_096, wire.length - 61_500 + 20_480, wire.length];
    const reads = cuts.map((end, i) => Buffer.from(new Uint8Array(wire.subarray(cuts[i - 1] ?? 0, end)).buffer));
    const keeper = new Keeper('server');
    read(keeper, reads);
    expectAll(keeper, sent);
    expect(memoryOf(keeper)[1] === reads[1]!.buffer).toBe(true);
  });

  it('gets memory of its own where what is missing has no room before it', () => {
    const sent = [make(2, 40_000, 0), make(2, 40_000, 1)];
    const reads = readsOf(encode(sent));
    const keeper = new Keeper('server');
    read(keeper, reads);
    expectAll(keeper, sent);
    const [first, second] = memoryOf(keeper);
    expect(first).toBe(reads[0]!.buffer);
    expect(reads.map(({ buffer }) => buffer)).not.toContain(second);
  });

  it('gets memory of its own where it would keep more than one read', () => {
    const sent = [make(2, 30_000, 0), make(2, 30_000, 1)];
    const wire = encode(sent);
    const large = Buffer.alloc(100_000);
    const cut = wire.copy(large, 0, 0, wire.length - 8);
    const keeper = new Keeper('server');
    read(keeper, [large.subarray(0, cut), wire.subarray(cut)]);
    expectAll(keeper, sent);
    expect(memoryOf(keeper)[1]).not.toBe(large.buffer);
  });

  it('is not completed before the end of a read, where the next one would move over it', () => {
    const sent = [make(2, 90_000, 0), make(2, 25_000, 1, [0.2]), make(2, 5_000, 2)];
    const keeper = new Keeper('server');
    read(keeper, readsOf(encode(sent)));
    expectAll(keeper, sent);
  });

  it('leaves the memory that it shares with others to nobody when it became a string', () => {
    const keeper = new Keeper('server', () => true);
    const wire = encode([make(2, 4, 0), make(1, 30_000, 1)]);
    read(keeper, [Buffer.from(wire.subarray(0, -6)), Buffer.from(wire.subarray(-6))]);
    const other = new Keeper('server', () => true);
    read(other, [frame({ opcode: 1, payload: Buffer.alloc(25_000, 'secret '), mask: true }).subarray(0, 20_000)]);
    expect(keeper.kept[1]!.data).toBe(make(1, 30_000, 1).told[0]!.toString());
    expect(Buffer.from((keeper.kept[0]!.data as Buffer).buffer).includes('secret')).toBe(false);
  });

  it('counts as what it holds: all of its read', () => {
    const keeper = new Keeper('server');
    const [first, second] = readsOf(encode([make(2, 30_000, 0), make(2, 35_530, 1)]));
    read(keeper, [first!]);
    expect(keeper.connection.reader.bytesHeld).toBe(READ);
    read(keeper, [second!]);
    expect(keeper.connection.reader.bytesHeld).toBe(0);
  });

  it('becomes zeros as far as it was transferred away with a message of the same read', () => {
    const sent = [make(2, 30_000, 0), make(2, 35_530, 1), make(2, 5, 2)];
    const [first, second] = readsOf(encode(sent));
    const keeper = new Keeper('server');
    read(keeper, [first!]);
    structuredClone(first!.buffer, { transfer: [first!.buffer as ArrayBuffer] });
    read(keeper, [second!]);
    const missing = encode(sent.slice(0, 2)).length - READ;
    const data = sent[1]!.told[0]!;
    data.fill(0, 0, data.length - missing);
    expect((keeper.kept[1]!.data as Buffer).equals(data)).toBe(true);
    expect((keeper.kept[2]!.data as Buffer).equals(sent[2]!.told[0]!)).toBe(true);
  });

  it('becomes zeros likewise where its length is not believed yet', () => {
    const sent = [make(2, 77_000, 0, [0.25], true), make(2, 61_500, 1)];
    const wire = encode(sent);
    const cuts = [19_258, wire.length - 61_500 + 4_096, wire.length - 61_500 + 20_480, wire.length];
    const keeper = new Keeper('server');
    const reads = cuts.map((end, i) => Buffer.from(new Uint8Array(wire.subarray(cuts[i - 1] ?? 0, end)).buffer));
    read(keeper, reads.slice(0, 2));
    expect(keeper.connection.reader.bytesHeld).toBe(reads[1]!.length);
    structuredClone(reads[1]!.buffer, { transfer: [reads[1]!.buffer as ArrayBuffer] });
    read(keeper, reads.slice(2));
    const data = sent[1]!.told[0]!.fill(0, 0, 4_096);
    expect((keeper.kept[2]!.data as Buffer).equals(data)).toBe(true);
  });

  it('and those before it, which move down, leave alone what was handed over, and what is around the read', () => {
    const size = fc.oneof(
      fc.constantFrom(0, 1, 125, 600, 4_096, 16_383, 16_384, 40_000, 65_535, 65_536),
      fc.nat(9_000),
      fc.nat(70_000),
    );
    const message = fc.record({
      opcode: fc.constantFrom(1, 2, 2, 2),
      size,
      cuts: fc.oneof(fc.constant([]), fc.array(fc.constantFrom(0, 0.1, 0.3, 0.9, 1), { maxLength: 4 })),
      pings: fc.boolean(),
    });
    const ping = fc.record({ opcode: fc.constant(9), size: fc.nat(125) });
    const all = fc.array(fc.oneof(message, message, message, ping), { maxLength: 12 });
    const lengths = fc.array(fc.oneof(fc.constant(READ), fc.integer({ min: 1, max: READ })), { minLength: 1 });
    fc.assert(
      fc.property(all, lengths, fc.nat(20), (kinds, readLengths, around) => {
        const sent = kinds.map((kind, n) =>
          'cuts' in kind ? make(kind.opcode, kind.size, n, kind.cuts, kind.pings) : make(kind.opcode, kind.size, n),
        );
        const wire = encode(sent);
        const keeper = new Keeper('server');
        const memories: Buffer[] = [];
        for (let at = 0, i = 0; at < wire.length; i++) {
          const length = Math.min(readLengths[i % readLengths.length]!, wire.length - at);
          const memory = Buffer.alloc(length + 2 * around, 0xee);
          wire.copy(memory, around, at, at + length);
          keeper.connection.reader.receive(memory.subarray(around, around + length));
          memories.push(memory);
          at += length;
        }
        expectAll(keeper, sent);
        const guards = memories.flatMap((memory) => [
          memory.subarray(0, around),
          memory.subarray(memory.length - around),
        ]);
        expect(Buffer.concat(guards).every((byte) => byte === 0xee)).toBe(true);
      }),
      runs(400, 20_000),
    );
  });
});
