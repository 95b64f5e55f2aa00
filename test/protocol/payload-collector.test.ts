import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadCollector } from '../../src/protocol/payload-collector.ts';
import { runs } from '../support/runs.ts';

const size = fc.oneof(fc.nat(100), fc.nat(20_000), fc.constantFrom(16_383, 16_384, 65_536));
const piece = fc.record({ size, before: fc.nat(50), after: fc.oneof(fc.nat(50), fc.constant(60_000)) });

describe('PayloadCollector', () => {
  it('gives back what it was given, in one piece and in order, and holds at most twice that', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.option(fc.nat(1 << 20)), (pieces, declared) => {
        const collector = new PayloadCollector();
        const given: Buffer[] = [];
        let received = 0;
        for (const [i, { size: length, before, after }] of pieces.entries()) {
          const bytes = Buffer.from(new ArrayBuffer(before + length + after)).fill(i + 1, before, before + length);
          given.push(bytes.subarray(before, before + length));
          received += length;
          collector.append(bytes, before, before + length, declared ?? Infinity);
          expect(collector.length).toBe(received);
          expect(collector.capacity).toBeLessThanOrEqual(2 * received + 2 * 65_536);
        }
        expect(collector.take().equals(Buffer.concat(given))).toBe(true);
        expect(collector.length).toBe(0);
        expect(collector.capacity).toBe(0);
      }),
      runs(300, 50_000),
    );
  });

  it('does not copy a large piece twice: it is the memory of the read until the end', () => {
    const collector = new PayloadCollector();
    const read = Buffer.from(new ArrayBuffer(65_536));
    collector.append(read, 10, 65_536, 200_000);
    read[10] = 7;
    expect(collector.take()[0]).toBe(7);
  });

  it('gives zeros for a read whose memory was transferred away, not what was in fresh memory', () => {
    const collector = new PayloadCollector();
    const gone = Buffer.from(new ArrayBuffer(65_536)).fill(1);
    collector.append(gone, 0, 65_536, 131_072);
    collector.append(Buffer.from(new ArrayBuffer(65_536)).fill(2), 0, 65_536, 131_072);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const payload = collector.take();
    expect(payload.subarray(0, 65_536).every((byte) => byte === 0)).toBe(true);
    expect(payload.subarray(65_536).every((byte) => byte === 2)).toBe(true);
  });
});
