import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageReader, type MessageReaderOptions } from '../../src/protocol/message-reader.ts';
import { RSV1 } from '../../src/protocol/opcode.ts';
import { askReadMemory, viewOfRead } from '../../src/protocol/read-memory.ts';
import type { Role } from '../../src/protocol/role.ts';
import { Keeper } from '../support/keeper.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';
import { frame, hex, Recorder } from '../support/wire.ts';

const READ = 65_536;

const wireOf = (fill: string): Buffer => frame({ opcode: 1, payload: Buffer.alloc(300_000, fill) });

/** Gives the bytes as a socket that reads into one memory does, and writes over it after every read. */
function lend(
  to: Recorder,
  wire: Buffer,
  cuts: readonly number[],
  memory: Buffer = Buffer.alloc(READ),
  viewOf = (size: number) => memory.subarray(0, size),
): void {
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), wire.length]) {
    while (from < cut && from < wire.length) {
      const size = wire.copy(memory, 0, from, Math.min(cut, from + READ));
      to.connection.reader.receive(viewOf(size), true);
      memory.fill(0xff);
      from += size;
    }
  }
}

const size = fc.constantFrom(0, 3, 125, 3000, 16_383, 16_384, 40_000, 70_000, 200_000);
const message = fc.record({
  size,
  isText: fc.boolean(),
  /** Where something that is no ASCII is put, if anywhere. */
  odd: fc.option(fc.tuple(fc.nat(), fc.constantFrom('é', '€', '😀', '\u{fffd}'))),
  fragments: fc.constantFrom(1, 1, 1, 2, 5),
  /** Without pings between them, fragments are joined where they lie. */
  pings: fc.boolean(),
});

function encode(all: readonly (typeof message extends fc.Arbitrary<infer T> ? T : never)[], mask: boolean): Buffer {
  return Buffer.concat(
    all.flatMap(({ size: length, isText, odd, fragments, pings }, i) => {
      const payload = Buffer.alloc(length, `${i} `);
      if (odd !== null && length > 8) payload.write(odd[1], odd[0] % (length - 4));
      const step = Math.max(1, Math.ceil(length / fragments));
      const frames = [frame({ opcode: 9, payload: Buffer.from(`ping ${i}`), mask })];
      for (let at = 0; at === 0 || at < length; at += step) {
        const opcode = at > 0 ? 0 : isText ? 1 : 2;
        frames.push(frame({ fin: at + step >= length, opcode, payload: payload.subarray(at, at + step), mask }));
        // A ping between fragments is kept by whoever hears it, while what follows is moved to the fragments before.
        if (pings && at + step < length)
          frames.push(frame({ opcode: 9, payload: Buffer.from(`ping ${i} at ${at}`), mask }));
      }
      return frames;
    }),
  );
}

const many = fc.array(message, { maxLength: 6 });
const cuts = fc.oneof(
  fc.array(fc.nat(400_000), { maxLength: 10 }),
  fc.constant(Array.from({ length: 300 }, (_, i) => i)),
);
const role = fc.constantFrom<Role>('server', 'client');

function isTheTwin(ofKernel?: Buffer): void {
  fc.assert(
    fc.property(role, many, cuts, fc.array(fc.boolean(), { minLength: 1 }), (receiver, all, at, wishes) => {
      const wire = encode(all, receiver === 'server');
      const plain = new Keeper(receiver, () => false);
      plain.receive(wire, at);
      let asked = 0;
      const lent = new Keeper(receiver, () => wishes[asked++ % wishes.length]!);
      if (ofKernel === undefined) lend(lent, wire, at);
      else lend(lent, wire, at, ofKernel, viewOfRead);
      expect(lent.told.filter((line) => !line.startsWith('true ping')).length).toBe(all.length);
      expect(lent.told.length).toBe(plain.told.length);
      expect(lent.told.every((line, i) => line === plain.told[i])).toBe(true);
      expect(lent.errors).toEqual(plain.errors);
      expect(lent.connection.reader.bytesHeld).toBe(0);
    }),
    runs(150, 20_000),
  );
}

describe('memory that is lent', () => {
  it('is the twin of memory that is given, whoever wants strings when', () => isTheTwin());

  it('is so where it is of the kernel', () => {
    makeKernel();
    isTheTwin(askReadMemory(0)!);
  });

  it('is copied as far as it was not read when reading is suspended', () => {
    const keeper = new Keeper('client', () => true);
    const wire = Buffer.concat(['one', 'two', 'three'].map((text) => frame({ opcode: 1, payload: Buffer.from(text) })));
    keeper.text = (text) => {
      keeper.kept.push({ data: text, isBinary: false });
      keeper.connection.reader.suspend();
    };
    lend(keeper, wire, []);
    for (let i = 1; i <= 3; i++) {
      expect(keeper.kept.length).toBe(i);
      keeper.connection.reader.resume();
    }
    expect(keeper.told).toEqual(['false one', 'false two', 'false three']);
  });
});

describe('memory that is given after it was lent', () => {
  it.each([
    ['text', 1],
    ['binary', 2],
  ])('is not copied: %s', (_, opcode) => {
    const keeper = new Keeper('client', () => false);
    const wire = frame({ opcode, payload: Buffer.alloc(300, 'alone in its chunk ') });
    const chunk = Buffer.alloc(wire.length);
    chunk.set(wire);
    keeper.connection.reader.receive(chunk, true);
    keeper.connection.reader.receive(chunk);
    expect(keeper.kept.map(({ data }) => (data as Buffer).buffer === chunk.buffer)).toEqual([false, true]);
  });
});

describe('a compressed message in memory that is lent', () => {
  it('is a copy if it is inflated later', () => {
    let inflate: (() => void) | undefined;
    const options: MessageReaderOptions = {
      maxPayload: 0,
      maxFragments: 0,
      allowedRsv: RSV1,
      validateUtf8: true,
      keepFragmentEnds: false,
      inflater: {
        isLong: () => true,
        inflate: (payload) => payload,
        inflateLater: (payload, _limit, done) => (inflate = () => done(null, payload)),
      },
    };
    const keeper = new Keeper('client', () => false);
    const reader = new MessageReader('client', keeper, keeper.connection, options);
    keeper.message = (bytes) => void keeper.kept.push({ data: bytes, isBinary: true });
    keeper.inflated = () => reader.resume();
    const chunk = frame({ rsv: 4, opcode: 2, payload: Buffer.from('as it was') });
    reader.receive(chunk, true);
    chunk.fill(0xff);
    inflate!();
    expect(keeper.told).toEqual(['true as it was']);
  });
});

describe('text as a string', () => {
  it.each([
    ['short', Buffer.concat([Buffer.alloc(10, 'a'), hex('c3 28')])],
    ['long, at its end', Buffer.concat([Buffer.alloc(100_000, 'a'), hex('c3')])],
    ['long, in the middle', Buffer.concat([Buffer.alloc(70_000, 'a'), hex('ed a0 80'), Buffer.alloc(70_000, 'a')])],
  ])('is refused with 1007 if it is not UTF-8: %s', (_, payload) => {
    const keeper = new Keeper('client', () => true);
    lend(keeper, frame({ opcode: 1, payload }), []);
    expect([keeper.kept.length, keeper.errors.map(({ closeCode }) => closeCode)]).toEqual([0, [1007]]);
  });

  it('is put together apart for connections that receive at the same time, and apart from Buffers', () => {
    const keepers = [0, 1, 2].map((i) => new Keeper('client', () => i < 2));
    const texts = [0, 1, 2].map((i) => Buffer.alloc(300_000, `${i} `));
    const wires = texts.map((payload) => frame({ opcode: 1, payload }));
    for (let round = 0; round < 3; round++) {
      for (const [i, wire] of wires.entries()) lend(keepers[i]!, wire.subarray(0, 100_000), []);
      for (const [i, wire] of wires.entries()) lend(keepers[i]!, wire.subarray(100_000), []);
    }
    for (const [i, { told }] of keepers.entries()) {
      expect(told.map((line) => line === `false ${texts[i]!.toString()}`)).toEqual([true, true, true]);
    }
  });

  it('stays as it is when the wish for strings ends in the middle of a message', () => {
    let wants = true;
    const keeper = new Keeper('client', () => wants);
    lend(keeper, wireOf('a'), []);
    lend(keeper, wireOf('b').subarray(0, 100_000), []);
    wants = false;
    lend(keeper, wireOf('b').subarray(100_000), []);
    wants = true;
    for (const fill of ['c', 'd']) lend(keeper, wireOf(fill), []);
    expect(keeper.kept.map(({ data }) => typeof data)).toEqual(['string', 'object', 'string', 'string']);
    expect(keeper.told.map((line) => new Set(line.slice(6)).size)).toEqual([1, 1, 1, 1]);
  });
});
