import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deflateSettings } from '../../src/protocol/deflate-settings.ts';
import { deflateShared } from '../../src/protocol/deflate-shared.ts';
import { Deflater } from '../../src/protocol/deflater.ts';
import { Inflater } from '../../src/protocol/inflater.ts';
import { wsCompress, WsPerMessageDeflate } from '../support/ws-deflate.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function deflater({ contextTakeover = true, windowBits = 15, level = -1, threshold = 1024 } = {}): Deflater {
  return new Deflater({ settings: deflateSettings(windowBits, { level }), contextTakeover, threshold });
}

/** JSON that differs from message to message; `kinds` of them take turns, and each repeats itself. */
function* traffic(size: number, kinds: number, count: number): Generator<Buffer> {
  const bases = Array.from({ length: kinds }, (_, kind) => {
    let x = kind + 1;
    const next = () => (x = (x * 48_271) % 2_147_483_647);
    const items = () => ({ id: next(), name: `item ${next() % 100}`, price: (next() % 10_000) / 100 });
    return JSON.stringify(Array.from({ length: Math.ceil(size / 50) }, items)).slice(0, size);
  });
  for (let i = 0; i < count; i++) yield Buffer.from(`{"n":${i},"of":${bases[i % kinds]}}`);
}

describe('a deflater', () => {
  it('sends the bytes of the examples in RFC 7692 §7.2.3', () => {
    const ours = deflater({ level: 6 });
    expect(hex(ours.deflate(Buffer.from('Hello')))).toBe('f248cdc9c90700');
    expect(hex(ours.deflate(Buffer.from('Hello')))).toBe('f200110000');
    expect(hex(deflater({ level: 0 }).deflate(Buffer.from('Hello')))).toBe('000500faff48656c6c6f00');
  });

  it('sends a byte less without zlib, which needs a literal first', () => {
    const ours = deflater();
    expect(hex(ours.deflate(Buffer.from('Hello')))).toBe('f248cdc9c90700');
    expect(hex(ours.deflate(Buffer.from('Hello')))).toBe('02130000');
  });

  it('leaves messages to zlib where its level or strategy is chosen', () => {
    const text = Buffer.from('halyard, mast and keel; '.repeat(20));
    for (const options of [{ level: 6 }, { level: 9 }, { strategy: 2 }]) {
      const ours = new Deflater({ settings: deflateSettings(15, options), contextTakeover: false });
      const theirs = deflateRawSync(text, { ...options, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      expect(hex(ours.deflate(text))).toBe(hex(theirs));
    }
    expect(deflateSettings(15).isUntuned).toBe(true);
    expect(deflateSettings(15, { level: -1, strategy: 0, memLevel: 1, chunkSize: 64 }).isUntuned).toBe(true);
  });

  it('sends an empty message as one byte, and an empty fragment as an empty block', () => {
    expect(hex(deflater().deflate(Buffer.alloc(0)))).toBe('00');
    expect(hex(deflater().deflate(Buffer.alloc(0), false))).toBe('000000ffff');
    expect(deflater().bytesHeld).toBe(0);
  });

  it('takes any Uint8Array', () => {
    const bytes = new Uint8Array(new ArrayBuffer(20), 5, 5).fill(65);
    expect(new Inflater({ windowBits: 15, contextTakeover: true }).inflate(deflater().deflate(bytes)).toString()).toBe(
      'AAAAA',
    );
  });

  it('compresses small messages only where they can lean on others', () => {
    expect(deflater().isWorth(0)).toBe(true);
    expect(deflater({ contextTakeover: false }).isWorth(1023)).toBe(false);
    expect(deflater({ contextTakeover: false }).isWorth(1024)).toBe(true);
    expect(deflater({ contextTakeover: false, threshold: 0 }).isWorth(0)).toBe(true);
  });

  it('holds nothing until it is used, nothing without context takeover, and little otherwise', () => {
    const without = deflater({ contextTakeover: false });
    const small = deflater();
    const narrow = deflater({ windowBits: 9 });
    expect(small.bytesHeld).toBe(0);
    small.deflate(Buffer.from('{"type":"ping"}'));
    expect(small.bytesHeld).toBeLessThanOrEqual(256);
    for (const message of traffic(1000, 1, 100)) {
      for (const each of [without, small, narrow]) each.deflate(message);
    }
    expect(without.bytesHeld).toBe(0);
    expect(small.bytesHeld).toBeLessThanOrEqual(5 * 1024);
    expect(narrow.bytesHeld).toBeLessThanOrEqual(640);
  });

  it.each([
    ['messages of one kind', 128, 1, 800],
    ['messages of one kind', 1024, 1, 400],
    ['messages of one kind', 10_000, 1, 150],
    ['twenty kinds in turn', 1024, 20, 1000],
    ['forty kinds in turn', 512, 40, 1000],
    ['five kinds in turn', 4096, 5, 400],
    ['three kinds in turn', 9000, 3, 150],
  ])('stays within 1.15 of the bytes of ws: %s, %i bytes', async (_, size, kinds, count) => {
    const ours = deflater();
    const theirs = new WsPerMessageDeflate({ isServer: true });
    theirs.accept([{}]);
    let [our, their, at] = [0, 0, 0];
    for (const message of traffic(size, kinds, count)) {
      const [a, b] = [ours.deflate(message).length, (await wsCompress(theirs, message)).length];
      // Only how it goes on counts: it takes a full window and some messages to find out how far to look.
      if (++at > 100 && at * size > 64_000) [our, their] = [our + a, their + b];
    }
    theirs.cleanup();
    expect(their).toBeGreaterThan(0);
    expect(our / their).toBeLessThan(1.15);
  });
});

describe('a message deflated once for many', () => {
  it('can be read by a peer that has seen other messages, and leaned on afterwards', () => {
    const settings = deflateSettings(15);
    const members = ['one', 'two', 'three'].map((name) => {
      const [to, from] = [
        new Deflater({ settings, contextTakeover: true }),
        new Inflater({ windowBits: 15, contextTakeover: true }),
      ];
      const own = Buffer.from(`the own message of member ${name}`);
      expect(from.inflate(to.deflate(own)).equals(own)).toBe(true);
      return { to, from, own };
    });
    const news = Buffer.from('the same news for everybody, the same news');
    const shared = deflateShared(news, settings);
    for (const { to, from, own } of members) {
      expect(from.inflate(shared).equals(news)).toBe(true);
      to.remember(news);
      const both = to.deflate(Buffer.concat([news, own]));
      expect(both.length).toBeLessThan(30);
      expect(from.inflate(both).equals(Buffer.concat([news, own]))).toBe(true);
    }
  });

  it('refers to nothing before itself', () => {
    const news = Buffer.alloc(3000, 'halyard');
    const settings = deflateSettings(9, { level: 9 });
    const shared = deflateShared(news, settings);
    const alone = inflateRawSync(shared, { windowBits: 9, finishFlush: constants.Z_SYNC_FLUSH });
    expect(alone.equals(news)).toBe(true);
    expect(new Deflater({ settings, contextTakeover: false }).deflate(news).equals(shared)).toBe(true);
  });

  it('may be shared where the keys are the same', () => {
    expect(deflateSettings(15).key).toBe(deflateSettings(15, { level: -1, memLevel: 8, chunkSize: 128 }).key);
    const keys = [
      deflateSettings(15),
      deflateSettings(14),
      deflateSettings(15, { level: 1 }),
      deflateSettings(15, { memLevel: 1 }),
      deflateSettings(15, { strategy: 2 }),
    ];
    expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
  });
});
