import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflateSmall } from '../../src/protocol/inflate-small.ts';
import type { InflateResult } from '../../src/protocol/zlib-pool.ts';
import { ordinaryStreams, payloads, zlibDeflateOptions } from '../support/deflate-messages.ts';
import { runs } from '../support/runs.ts';

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const NOTHING = Buffer.alloc(0);
const fromHex = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Bits as they are written, lowest first, Huffman codes with their first bit first. */
function fromBits(bits: string): Buffer {
  const digits = bits.replaceAll(' ', '');
  return Buffer.from(
    Array.from({ length: Math.ceil(digits.length / 8) }, (_, i) =>
      Number.parseInt([...digits.slice(8 * i, 8 * i + 8).padEnd(8, '0')].toReversed().join(''), 2),
    ),
  );
}

/** What zlib makes of it, if it is one stream to the end and no error. */
function byZlib(payload: Uint8Array, dictionary: Buffer, windowBits: number): Buffer | undefined {
  try {
    const input = Buffer.concat([payload, TAIL]);
    const options = { dictionary, windowBits, finishFlush: constants.Z_SYNC_FLUSH, info: true };
    const { buffer, engine } = inflateRawSync(input, options) as unknown as InflateResult;
    return engine.bytesWritten < input.length ? undefined : buffer;
  } catch {
    return undefined;
  }
}

const messages = payloads.filter(({ length }) => length <= 16_384);
const compressed = fc
  .record({
    message: messages,
    before: fc.oneof(fc.constant(NOTHING), messages),
    isAlike: fc.boolean(),
    windowBits: fc.integer({ min: 9, max: 15 }),
    options: zlibDeflateOptions,
    finishFlush: fc.constantFrom(constants.Z_SYNC_FLUSH, constants.Z_SYNC_FLUSH, constants.Z_FULL_FLUSH),
  })
  .map(({ message, before, isAlike, windowBits, options, finishFlush }) => {
    const plain = isAlike ? Buffer.concat([before.subarray(-8000), message]).subarray(-16_384) : message;
    const history = before.subarray(-(1 << windowBits));
    const payload = deflateRawSync(plain, { ...options, windowBits, dictionary: history, finishFlush }).subarray(0, -4);
    return { plain, payload, history, windowBits };
  });

describe('inflating small messages', () => {
  it('gives what was compressed, however zlib was set', () => {
    fc.assert(
      fc.property(compressed, ({ plain, payload, history, windowBits }) => {
        const reach = 1 << windowBits;
        expect(inflateSmall(payload, history, reach, Infinity)?.equals(plain)).toBe(true);
        expect(inflateSmall(payload, history, reach, plain.length)?.equals(plain)).toBe(true);
        if (plain.length > 0) expect(inflateSmall(payload, history, reach, plain.length - 1)).toBeUndefined();
      }),
      runs(2000, 500_000),
    );
  });

  it('gives what zlib gives of damaged messages, or nothing', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    const damaged = fc.tuple(compressed, damage, fc.nat(), fc.boolean());
    fc.assert(
      fc.property(damaged, ([{ payload, history, windowBits }, changes, cut, isCut]) => {
        const bytes = Buffer.from(isCut ? payload.subarray(0, cut % (payload.length + 1)) : payload);
        for (const [at, by] of changes) if (bytes.length > 0) bytes[at % Math.min(bytes.length, 200)]! ^= by;
        const ours = inflateSmall(bytes, history, 1 << windowBits, Infinity);
        if (ours === undefined) return;
        const theirs = byZlib(bytes, history, windowBits);
        expect(theirs?.equals(ours)).toBe(true);
      }),
      runs(5000, 1_000_000),
    );
  });

  it('gives what zlib gives of any bytes, or nothing', () => {
    const history = Buffer.from('what came before');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0, 2, 4), (bytes, type) => {
        // Blocks that are not final, of every type, and an end.
        const payload = Buffer.concat([bytes, Buffer.from([0])]);
        payload[0] = (payload[0]! & 0xf8) | type;
        const ours = inflateSmall(payload, history, 32_768, Infinity);
        if (ours !== undefined) expect(byZlib(payload, history, 15)?.equals(ours)).toBe(true);
      }),
      runs(20_000, 5_000_000),
    );
  });

  it.each([...ordinaryStreams, ['a reference to what came before', 'f2 00 11 00 00', 'Hello']])(
    'reads %s',
    (_, payload, text) => {
      expect(inflateSmall(fromHex(payload), Buffer.from('Hello'), 32_768, Infinity)?.toString()).toBe(text);
    },
  );

  it.each([
    ['nothing', ''],
    ['a final block', 'f3 48 cd c9 c9 07 00'],
    ['a block of the fourth type', '06 00'],
    ['a stored block with another length than it says', '00 05 00 fb ff 48 65 6c 6c 6f 00'],
    ['a stored block that breaks off', '00 05 00 fa ff 48 65 6c 6c'],
    ['a stored block that breaks off in its length', '00 05 00 fa'],
    ['a block that breaks off', 'f2 48 cd c9'],
    ['a block without another behind it', 'f2 48 cd c9 c9 07'],
    ['a reference to what is not there', 'f2 00 51 00 00'],
    ['a literal that does not exist', '1a 03 00'],
  ])('leaves %s to zlib', (_, payload) => {
    expect(inflateSmall(fromHex(payload), Buffer.from('Hello'), 32_768, Infinity)).toBeUndefined();
  });

  it.each([
    ['too many literals and lengths', '001 01111 00000 0000'],
    ['too many distances', '001 00000 01111 0000'],
    ['lengths of codes for which there are not enough bits', '001 00000 00000 0000 100 100 100 000 0000000'],
    ['lengths of codes that leave bits over', '001 00000 00000 0000 000 000 100 000 0000000'],
    ['a repetition of nothing', '001 00000 00000 0000 100 000 100 000 1 1 0000000'],
  ])('leaves %s to zlib', (_, bits) => {
    const payload = Buffer.concat([fromBits(bits), Buffer.alloc(300)]);
    expect(inflateSmall(payload, NOTHING, 32_768, Infinity)).toBeUndefined();
    expect(byZlib(payload, NOTHING, 15)).toBeUndefined();
  });

  it('leaves references beyond the window to zlib, though there are bytes', () => {
    const plain = Buffer.concat([Buffer.from('0123456789'), Buffer.alloc(500), Buffer.from('0123456789')]);
    const payload = deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(inflateSmall(payload, NOTHING, 510, Infinity)?.equals(plain)).toBe(true);
    expect(inflateSmall(payload, NOTHING, 509, Infinity)).toBeUndefined();
  });

  it('gives memory of its own', () => {
    const first = inflateSmall(fromHex('f2 48 cd c9 c9 07 00'), NOTHING, 32_768, Infinity);
    inflateSmall(fromHex('00 05 00 fa ff 78 78 78 78 78 00'), NOTHING, 32_768, Infinity);
    expect(first?.toString()).toBe('Hello');
  });
});
