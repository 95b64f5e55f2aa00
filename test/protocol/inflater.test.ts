import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { Inflater } from '../../src/protocol/inflater.ts';
import type { InflateResult } from '../../src/protocol/zlib-pool.ts';
import { ordinaryStreams } from '../support/deflate-messages.ts';
import { referenceInflate } from '../support/reference-inflate.ts';
import { runs } from '../support/runs.ts';
import { wsDecompress, WsPerMessageDeflate } from '../support/ws-deflate.ts';

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

function inflater({ windowBits = 15, contextTakeover = true } = {}): Inflater {
  return new Inflater({ windowBits, contextTakeover });
}

const fromHex = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const flushed = (data: string | Buffer) => deflateRawSync(data, FLUSH).subarray(0, -4);
const final = (data: string | Buffer) => deflateRawSync(data);
const END = Buffer.from([0]);

function hasFinalBlock(payload: Buffer): boolean {
  try {
    const { engine } = inflateRawSync(payload, { ...FLUSH, info: true }) as unknown as InflateResult;
    return engine.bytesWritten < payload.length;
  } catch {
    return false;
  }
}

/** So many streams that hold nothing. */
const many = (count: number) => Buffer.concat([...Array.from({ length: count }, () => fromHex('03 00')), END]);

function failure(act: () => unknown): ProtocolError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return error as ProtocolError;
  }
  throw new Error('nothing was thrown');
}

describe('an inflater', () => {
  it.each([
    ...ordinaryStreams,
    ['a final block', 'f3 48 cd c9 c9 07 00 00', 'Hello'],
    ['a final block and no more', 'f3 48 cd c9 c9 07 00', 'Hello'],
    ['two final blocks', 'f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00', 'HelloHello'],
    ['a final block before another', 'f3 48 cd c9 c9 07 00 f2 48 cd c9 c9 07 00', 'HelloHello'],
    ['an empty payload', '', ''],
    ['an empty final block', '03 00 00', ''],
  ])('reads %s (§7.2.3)', (_, payload, text) => {
    const ours = inflater();
    expect(ours.inflate(fromHex(payload)).toString()).toBe(text);
    // The same once more: what came before is in the window or not, but never in the way.
    expect(ours.inflate(fromHex(payload)).toString()).toBe(text);
  });

  it('lets a message refer to the one before, also across final blocks', () => {
    const ours = inflater();
    expect(ours.inflate(Buffer.concat([final('Hello'), END])).toString()).toBe('Hello');
    expect(ours.inflate(fromHex('f2 00 11 00 00')).toString()).toBe('Hello');
    const [first, second] = [Buffer.from('first part, '), Buffer.from('first part, second part')];
    const leaning = deflateRawSync(second, { dictionary: Buffer.concat([Buffer.from('HelloHello'), first]) });
    expect(leaning.length).toBeLessThan(20);
    const joined = Buffer.concat([final(first), leaning, END]);
    expect(ours.inflate(joined).toString()).toBe('first part, first part, second part');
    expect(failure(() => inflater({ contextTakeover: false }).inflate(fromHex('f2 00 11 00 00'))).closeCode).toBe(1007);
  });

  it('lets a message refer as far back as was agreed, in and across messages', () => {
    const unit = Buffer.from('0123456789');
    const gap = Buffer.from(Array.from({ length: 400 }, (_, i) => (i * i * 7 + (i >> 3)) % 256));
    const ours = inflater({ windowBits: 9 });
    for (let i = 0; i < 20; i++) {
      const dictionary = i === 0 ? Buffer.alloc(0) : Buffer.concat([unit, gap]);
      const payload = deflateRawSync(Buffer.concat([unit, gap]), { ...FLUSH, windowBits: 10, dictionary }).subarray(
        0,
        -4,
      );
      expect(ours.inflate(payload).equals(Buffer.concat([unit, gap]))).toBe(true);
    }
    expect(ours.bytesHeld).toBeLessThanOrEqual(640);
  });

  it('holds nothing until it is used, nothing without context takeover, and what it must otherwise', () => {
    const [without, narrow, wide] = [inflater({ contextTakeover: false }), inflater({ windowBits: 8 }), inflater()];
    expect(wide.bytesHeld).toBe(0);
    wide.inflate(flushed('{"type":"ping"}'));
    expect(wide.bytesHeld).toBeLessThanOrEqual(256);
    for (const each of [without, narrow, wide]) each.inflate(flushed(Buffer.alloc(200_000, 'halyard')));
    expect(without.bytesHeld).toBe(0);
    expect(narrow.bytesHeld).toBe(320);
    expect(wide.bytesHeld).toBe(40_960);
  });

  it('keeps no large buffer alive for a small message', () => {
    const random = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i * 31 + (i >> 2)) % 256));
    const message = inflater().inflate(flushed(random));
    expect(message.equals(random)).toBe(true);
    // Small buffers share a pool, whose size depends on the release of Node.
    expect(message.buffer.byteLength).toBeLessThanOrEqual(Math.max(8192, Buffer.poolSize));
  });

  it.each([
    [100, 100, true],
    [101, 100, false],
    [100_000, 100_000, true],
    [100_001, 100_000, false],
    [1, 1, true],
    [100_000, 0, true],
    [0, 1, true],
  ])('takes %i bytes with a limit of %i: %s', (length, limit, isTaken) => {
    const payload = flushed(Buffer.alloc(length, 'ab'));
    if (isTaken) expect(inflater().inflate(payload, limit)).toHaveLength(length);
    else {
      const { closeCode, code, message } = failure(() => inflater().inflate(payload, limit));
      expect([closeCode, code, message]).toEqual([
        1009,
        'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
        'Max payload size exceeded',
      ]);
    }
  });

  it('counts all streams of a message against the limit', () => {
    const payload = Buffer.concat([final('12345'), final('67890'), END]);
    expect(inflater().inflate(payload, 10).toString()).toBe('1234567890');
    expect(failure(() => inflater().inflate(payload, 9)).closeCode).toBe(1009);
    expect(failure(() => inflater().inflate(payload, 5)).closeCode).toBe(1009);
  });

  it('makes of a bomb no more than the limit and a piece of output', () => {
    // 1030 to 1, the most that DEFLATE can do.
    const bomb = flushed(Buffer.alloc(64 * 1024 * 1024));
    const limit = 1024 * 1024;
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const allocate = Buffer.allocUnsafe;
    let allocated = 0;
    Buffer.allocUnsafe = (size: number) => {
      allocated += size;
      return allocate(size);
    };
    try {
      expect(failure(() => inflater().inflate(bomb, limit)).closeCode).toBe(1009);
      peak = process.memoryUsage().arrayBuffers;
    } finally {
      Buffer.allocUnsafe = allocate;
    }
    expect(peak - before).toBeLessThan(limit + bomb.length + 4 * 65_536);
    expect(allocated).toBeLessThan(limit + bomb.length + 4 * 65_536);
  });

  it('bounds how many streams a message has', () => {
    expect(inflater().inflate(many(255))).toHaveLength(0);
    const { closeCode, code } = failure(() => inflater().inflate(many(300_000)));
    expect([closeCode, code]).toEqual([1008, 'WS_ERR_TOO_MANY_BUFFERED_PARTS']);
  });

  it('says what zlib said of a broken message', () => {
    const { closeCode, code, message, cause } = failure(() => inflater().inflate(fromHex('ff ff ff ff')));
    expect([closeCode, code, message]).toEqual([1007, 'Z_DATA_ERROR', 'invalid block type']);
    expect(cause).toMatchObject({ code: 'Z_DATA_ERROR', errno: -3 });
  });

  it('takes a message that breaks off for what came of it', () => {
    const whole = flushed('the quick brown fox jumps over the lazy dog');
    const part = inflater().inflate(whole.subarray(0, 20)).toString();
    expect('the quick brown fox jumps over the lazy dog'.startsWith(part)).toBe(true);
    expect(part.length).toBeGreaterThan(10);
  });

  it('makes of any bytes messages, until one of them fails with 1007, 1008 or 1009', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (payloads) => {
        const ours = inflater();
        for (const payload of payloads) {
          try {
            expect(ours.inflate(payload, 1000).length).toBeLessThanOrEqual(1000);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
            expect([1007, 1008, 1009]).toContain((error as ProtocolError).closeCode);
            return;
          }
        }
      }),
      runs(5000, 1_000_000),
    );
  });

  it('makes of broken messages what ws makes of them', async () => {
    const broken = fc.record({ text: fc.string({ minLength: 20, maxLength: 300 }), at: fc.nat(), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(broken, async ({ text, at, bit }) => {
        const payload = Buffer.from(flushed(text.repeat(3)));
        payload[at % payload.length]! ^= 1 << bit;
        // What follows a final block is dropped by ws.
        fc.pre(!hasFinalBlock(payload));
        const theirs = new WsPerMessageDeflate({ isServer: true });
        theirs.accept([{}]);
        const [ours, their] = await Promise.allSettled([
          (async () => inflater().inflate(payload))(),
          wsDecompress(theirs, payload),
        ]);
        expect(ours.status).toBe(their.status);
        if (ours.status === 'rejected') {
          expect(ours.reason).toMatchObject({ closeCode: 1007, cause: { code: 'Z_DATA_ERROR', errno: -3 } });
        } else if (their.status === 'fulfilled') expect(ours.value.equals(their.value)).toBe(true);
        theirs.cleanup();
      }),
      runs(1000, 200_000),
    );
  });

  it('reads what was compressed by the book', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 0, max: 9 }), (bytes, level) => {
        const payload = deflateRawSync(bytes, { ...FLUSH, level }).subarray(0, -4);
        const history: number[] = [];
        referenceInflate(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), history);
        expect(inflater().inflate(payload).equals(Buffer.from(history))).toBe(true);
      }),
      runs(200, 20_000),
    );
  });
});
