import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONG } from '../../src/protocol/long-mask.ts';
import { applyMaskPlain, rotateKey } from '../../src/protocol/mask.ts';
import { PayloadCollector } from '../../src/protocol/payload-collector.ts';
import { runs } from '../support/runs.ts';

const size = fc.oneof(fc.nat(100), fc.nat(20_000), fc.constantFrom(16_383, 16_384, 65_536));
const key = fc.oneof(fc.constant(0), fc.integer());
const piece = fc.record({ size, before: fc.nat(50), after: fc.oneof(fc.nat(50), fc.constant(60_000)) });

const read = (): Buffer => Buffer.from(new ArrayBuffer(65_536));

describe('PayloadCollector', () => {
  it('gives back what it was given, in one piece and in order, and holds at most three times that', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.option(fc.nat(1 << 20)), key, (pieces, declared, first) => {
        const collector = new PayloadCollector();
        const given: Buffer[] = [];
        let received = 0;
        let mask = first;
        for (const [i, { size: length, before, after }] of pieces.entries()) {
          const bytes = Buffer.from(new ArrayBuffer(before + length + after)).fill(i + 1, before, before + length);
          const unmasked = Buffer.from(bytes.subarray(before, before + length));
          applyMaskPlain(unmasked, 0, length, mask);
          given.push(unmasked);
          received += length;
          collector.append(bytes, before, before + length, declared ?? Infinity, false, mask);
          mask = rotateKey(mask, length);
          expect(collector.length).toBe(received);
          const isBelieved = declared !== null && 3 * received >= declared;
          expect(collector.capacity).toBeLessThanOrEqual(isBelieved ? 3 * received : 2 * received + 65_536 + 256);
        }
        expect(collector.take().equals(Buffer.concat(given))).toBe(true);
        expect(collector.length).toBe(0);
        expect(collector.capacity).toBe(0);
      }),
      runs(300, 50_000),
    );
  });

  it('does not copy a large piece twice: while little has come, it is the memory of the read', () => {
    const collector = new PayloadCollector();
    const kept = read();
    collector.append(kept, 10, 65_536, 200_000);
    expect(collector.capacity).toBe(65_536);
    kept[10] = 7;
    expect(collector.take()[0]).toBe(7);
  });

  it('copies a short first piece, which is not to hold a read, and of those behind it what is not most of theirs', () => {
    const beginning = (length: number): number => {
      const collector = new PayloadCollector();
      collector.append(read(), 65_536 - length, 65_536, 200_000);
      return collector.capacity;
    };
    expect(beginning(LONG)).toBe(65_536);
    expect(beginning(LONG - 1)).toBeLessThanOrEqual(2 * LONG);
    const collector = new PayloadCollector();
    collector.append(read(), 0, LONG, 200_000);
    collector.append(read(), 0, 20_000, 200_000);
    expect(collector.capacity).toBeLessThanOrEqual(65_536 + 2 * 20_000);
  });

  it('makes room for all that was declared once a third of it has come, and keeps no read from then on', () => {
    const collector = new PayloadCollector();
    const first = read();
    collector.append(first, 0, 65_536, 65_536 * 6);
    expect(collector.capacity).toBe(65_536);
    const second = read();
    collector.append(second, 0, 65_536, 65_536 * 6);
    expect(collector.capacity).toBe(65_536 * 6);
    for (let i = 2; i < 6; i++) collector.append(read(), 0, 65_536, 65_536 * 6);
    expect(collector.capacity).toBe(65_536 * 6);
    first.fill(1);
    second.fill(1);
    expect(collector.take().equals(Buffer.alloc(65_536 * 6))).toBe(true);
  });

  it.each([
    ['is believed in the end', 262_144],
    ['is not known', Infinity],
  ])('gives zeros for a read whose memory was transferred away, where the length %s', (_, declared) => {
    const collector = new PayloadCollector();
    const gone = read().fill(1);
    collector.append(gone, 0, 65_536, declared, false, 3);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    collector.append(read().fill(2), 0, 65_536, declared);
    const payload = collector.take();
    expect(payload.equals(Buffer.alloc(131_072, 2).fill(0, 0, 65_536))).toBe(true);
  });
});
