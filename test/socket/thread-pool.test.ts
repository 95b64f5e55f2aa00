import { Buffer } from 'node:buffer';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deflater } from '../../src/protocol/deflater.ts';
import { Inflater } from '../../src/protocol/inflater.ts';
import { deflateSettings } from '../../src/protocol/deflate-settings.ts';
import { createPerMessageDeflate } from '../../src/protocol/permessage-deflate.ts';
import { zlibThreadPool } from '../../src/socket/thread-pool.ts';
import { payloads, windowBits, zlibDeflateOptions } from '../support/deflate-messages.ts';
import { runs } from '../support/runs.ts';

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };
const pool = zlibThreadPool();

function deflateLater(to: Deflater, payload: Uint8Array, fin = true): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    to.deflateLater(payload, fin, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

function inflateLater(from: Inflater, payload: Uint8Array, limit = 0): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    from.inflateLater(payload, limit, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

function inflater(): Inflater {
  return new Inflater({ windowBits: 15, contextTakeover: true, pool });
}

describe('zlib on the thread pool', () => {
  it('gives and takes the same as on the spot, in any mixture', async () => {
    const steps = fc.array(fc.tuple(payloads, fc.boolean(), fc.boolean()), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, windowBits, fc.boolean(), zlibDeflateOptions, async (sent, bits, isFresh, tuning) => {
        const agreed = {
          serverNoContextTakeover: isFresh,
          clientNoContextTakeover: false,
          serverMaxWindowBits: bits,
          clientMaxWindowBits: 15,
        };
        const { deflater } = createPerMessageDeflate('server', agreed, { zlibDeflateOptions: tuning }, pool);
        const { inflater: other } = createPerMessageDeflate('client', agreed, {}, pool);
        for (const [payload, deflatesLater, inflatesLater] of sent) {
          const wire = deflatesLater ? await deflateLater(deflater, payload) : deflater.deflate(payload);
          const message = inflatesLater ? await inflateLater(other, wire) : other.inflate(wire);
          expect(message.equals(payload)).toBe(true);
        }
      }),
      runs(500, 100_000),
    );
  });

  it('is for long messages', () => {
    const deflater = new Deflater({ settings: deflateSettings(15), contextTakeover: true, pool });
    expect([deflater.isLong(16_383), deflater.isLong(16_384)]).toEqual([false, true]);
    expect([inflater().isLong(8191), inflater().isLong(8192)]).toEqual([false, true]);
    const alone = createPerMessageDeflate('client', {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    });
    expect([alone.deflater.isLong(2 ** 30), alone.inflater.isLong(2 ** 30)]).toEqual([false, false]);
  });

  it('answers in the order of the calls of each connection, and never at once', async () => {
    const order: string[] = [];
    const message = Buffer.alloc(100_000, 'halyard');
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const deflater = new Deflater({ settings: deflateSettings(15), contextTakeover: true, pool });
        const promise = deflateLater(deflater, message);
        order.push(`${name} called`);
        await promise;
        order.push(`${name} done`);
      }),
    );
    expect(order.slice(0, 3)).toEqual(['a called', 'b called', 'c called']);
    expect(order.slice(3).toSorted()).toEqual(['a done', 'b done', 'c done']);
  });

  it('keeps fragments of one message together', async () => {
    const deflater = new Deflater({ settings: deflateSettings(15), contextTakeover: true, pool });
    const parts = [Buffer.alloc(20_000, 'one'), Buffer.alloc(0), Buffer.alloc(30_000, 'two')];
    const wire: Buffer[] = [];
    for (const [i, part] of parts.entries()) wire.push(await deflateLater(deflater, part, i === 2));
    expect((await inflateLater(inflater(), Buffer.concat(wire))).equals(Buffer.concat(parts))).toBe(true);
  });

  it('reads several streams in one message, each leaning on those before', async () => {
    const part = Buffer.alloc(40_000, 'halyard');
    const leaning = deflateRawSync(part, { dictionary: part.subarray(-32_768) });
    const payload = Buffer.concat([deflateRawSync(part), leaning, Buffer.from([0])]);
    expect((await inflateLater(inflater(), payload)).equals(Buffer.concat([part, part]))).toBe(true);
  });

  it('fails as on the spot, at the same cost', async () => {
    const bomb = deflateRawSync(Buffer.alloc(16 * 1024 * 1024), FLUSH).subarray(0, -4);
    const limit = 100_000;
    const tooBig = { closeCode: 1009, code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' };
    await expect(inflateLater(inflater(), bomb, limit)).rejects.toMatchObject(tooBig);
    await expect(inflateLater(inflater(), bomb, 16 * 1024 * 1024)).resolves.toHaveLength(16 * 1024 * 1024);
    const broken = Buffer.alloc(20_000, 0xff);
    const invalid = {
      closeCode: 1007,
      code: 'Z_DATA_ERROR',
      cause: { code: 'Z_DATA_ERROR', errno: -3 },
    };
    await expect(inflateLater(inflater(), broken)).rejects.toMatchObject(invalid);
    const endless = Buffer.from('0300'.repeat(10_000), 'hex');
    await expect(inflateLater(inflater(), endless)).rejects.toMatchObject({ closeCode: 1008 });
  });

  it('does not hold up the event loop', async () => {
    // Its half comes out in pieces, each of which takes a turn, however little of the processor others leave.
    let x = 1;
    const message = Buffer.from(Array.from({ length: 2_000_000 }, () => (x = (x * 48_271) % 2_147_483_647) & 15));
    const deflater = new Deflater({ settings: deflateSettings(15), contextTakeover: true, pool });
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const wire = await deflateLater(deflater, message);
    expect(turns).toBeGreaterThan(3);
    turns = 0;
    expect((await inflateLater(inflater(), wire)).equals(message)).toBe(true);
    isDone = true;
    expect(turns).toBeGreaterThan(3);
  });
});
