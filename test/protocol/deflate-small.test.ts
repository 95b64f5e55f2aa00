import { Buffer } from 'node:buffer';
import { constants, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateSmall } from '../../src/protocol/deflate-small.ts';
import { inflateSmall } from '../../src/protocol/inflate-small.ts';
import { payloads } from '../support/deflate-messages.ts';
import { referenceInflate } from '../support/reference-inflate.ts';
import { runs } from '../support/runs.ts';

const NOTHING = Buffer.alloc(0);
const LARGEST = 8192;
const FARTHEST = 32_768;
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

const messages = payloads.filter(({ length }) => length <= LARGEST);
const histories = fc.oneof(fc.constant(NOTHING), payloads).map((bytes) => bytes.subarray(-FARTHEST));

function compressed(message: Uint8Array, history: Buffer = NOTHING, reach = FARTHEST): Buffer {
  const flushed = deflateSmall(message, history, reach);
  expect(flushed.subarray(-4).toString('hex')).toBe('0000ffff');
  return flushed;
}

/** Numbers without order. */
function noise(length: number, seed: number): Buffer {
  let x = seed;
  return Buffer.from(Array.from({ length }, () => (x = (x * 48_271) % 2_147_483_647) & 255));
}

/** Four bytes again and again, in another order. */
const pieces = (bytes: Buffer) =>
  Buffer.concat([bytes, ...Array.from({ length: 999 }, (_, i) => bytes.subarray((i * 1237) % 3996).subarray(0, 4))]);

describe('compressing small messages', () => {
  it('gives what zlib inflates to the same message', () => {
    fc.assert(
      fc.property(messages, histories, fc.boolean(), (message, history, isAlike) => {
        const plain = isAlike ? Buffer.concat([history.subarray(-4000), message]).subarray(-LARGEST) : message;
        const flushed = compressed(plain, history);
        expect(inflateRawSync(flushed, { ...FLUSH, dictionary: history }).equals(plain)).toBe(true);
        const ours = inflateSmall(flushed.subarray(0, -4), history, FARTHEST, Infinity);
        expect(ours?.equals(plain)).toBe(true);
      }),
      runs(3000, 500_000),
    );
  });

  it('refers no further back than is agreed', () => {
    fc.assert(
      fc.property(messages, histories, fc.integer({ min: 8, max: 15 }), (message, before, bits) => {
        const reach = 1 << bits;
        const history = before.subarray(-reach);
        const all = [...history];
        expect(referenceInflate(compressed(message, history, reach), all).reach).toBeLessThanOrEqual(reach);
        expect(Buffer.from(all.slice(history.length)).equals(message)).toBe(true);
      }),
      runs(500, 50_000),
    );
  });

  it('is never much longer than the message', () => {
    fc.assert(
      fc.property(messages, histories, (message, history) => {
        // The header of a stored block, and the flush.
        expect(compressed(message, history).length).toBeLessThanOrEqual(message.length + 10);
      }),
      runs(1000, 100_000),
    );
  });

  it.each([
    ['nothing', NOTHING],
    ['one byte', Buffer.from('a')],
    ['three bytes', Buffer.from('aaa')],
    ['four bytes', Buffer.from('aaaa')],
    ['one byte, as often as there is room', Buffer.alloc(LARGEST, 'a')],
    ['noise, as much as there is room for', noise(LARGEST, 5)],
    ['noise that repeats itself a little', pieces(noise(4000, 9))],
    ['every byte once', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ['few bytes, and the longest repetitions', Buffer.concat([noise(300, 3), noise(258, 3), noise(259, 3)])],
  ])('takes %s', (_, message) => {
    for (const history of [NOTHING, message, Buffer.alloc(FARTHEST, message.length > 0 ? message : 'x')]) {
      const flushed = compressed(message, history);
      expect(flushed.length).toBeLessThanOrEqual(message.length + 10);
      expect(inflateRawSync(flushed, { ...FLUSH, dictionary: history }).equals(message)).toBe(true);
    }
  });

  it('has codes that are cut to 15 bits where frequencies ask for longer ones', () => {
    // Each byte occurs as often as the two before it together, at places without order.
    const counts = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584];
    const bytes = Buffer.concat(counts.map((count, i) => Buffer.alloc(count, i)));
    const order = noise(bytes.length * 2, 7);
    for (let i = bytes.length - 1; i > 0; i--) {
      const other = order.readUInt16LE(2 * i) % (i + 1);
      [bytes[i], bytes[other]] = [bytes[other]!, bytes[i]!];
    }
    expect(inflateRawSync(compressed(bytes), FLUSH).equals(bytes)).toBe(true);
  });

  it('gives memory of its own', () => {
    const first = compressed(Buffer.from('Hello'));
    compressed(Buffer.from('something else'));
    expect(first.toString('hex')).toBe('f248cdc9c907000000ffff');
  });
});
