import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignCodes, HuffmanCode } from '../../src/protocol/huffman-code.ts';
import { HuffmanTable } from '../../src/protocol/huffman-table.ts';
import { runs } from '../support/runs.ts';

/** What the best code takes: the two rarest are joined, and each joining costs a bit for all below it. */
function leastTotal(frequencies: readonly number[]): number {
  const heap = frequencies.filter((each) => each > 0).toSorted((a, b) => a - b);
  let total = heap.length === 1 ? heap[0]! : 0;
  while (heap.length > 1) {
    const sum = heap.shift()! + heap.shift()!;
    total += sum;
    const at = heap.findIndex((each) => each >= sum);
    heap.splice(at < 0 ? heap.length : at, 0, sum);
  }
  return total;
}

/** So few that 15 bits are always enough: a code of 16 needs more than 2,500 in all. */
const few = fc.array(fc.oneof(fc.constant(0), fc.nat(8), fc.nat(60)), { minLength: 1, maxLength: 40 });
const many = fc.array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(400), fc.nat(8000)), { minLength: 1, maxLength: 286 });

function built(frequencies: readonly number[], longest?: number): HuffmanCode {
  const code = new HuffmanCode(Uint16Array.from(frequencies), longest);
  code.build();
  return code;
}

describe('a Huffman code', () => {
  it('takes as few bits as possible', () => {
    fc.assert(
      fc.property(few, (frequencies) => {
        expect(built(frequencies).total).toBe(leastTotal(frequencies));
      }),
      runs(2000, 200_000),
    );
  });

  it('has the codes that its lengths stand for', () => {
    fc.assert(
      fc.property(many, (frequencies) => {
        const { lengths, codes } = built(frequencies);
        const byLengths = new Int32Array(lengths.length);
        assignCodes(lengths, lengths.length, byLengths);
        for (const [symbol, length] of lengths.entries()) if (length > 0) expect(codes[symbol]).toBe(byLengths[symbol]);
      }),
      runs(500, 50_000),
    );
  });

  it('gives each symbol that occurs a code, uses up all bits, and stays within the longest', () => {
    fc.assert(
      fc.property(many, fc.constantFrom(9, 12, 15), (frequencies, longest) => {
        const { lengths, end, total } = built(frequencies, longest);
        const used = frequencies.filter((each) => each > 0).length;
        expect(Array.from(lengths, (length) => length > 0)).toEqual(frequencies.map((each) => each > 0));
        expect(Math.max(...lengths)).toBeLessThanOrEqual(longest);
        expect(end).toBe(frequencies.findLastIndex((each) => each > 0) + 1);
        expect(total).toBe(frequencies.reduce((sum, each, i) => sum + each * lengths[i]!, 0));
        const space = lengths.reduce((sum, length) => sum + (length > 0 ? 2 ** -length : 0), 0);
        expect(space).toBe(used === 0 ? 0 : used === 1 ? 0.5 : 1);
      }),
      runs(2000, 200_000),
    );
  });

  it('is what a table decodes', () => {
    const meanings = Int32Array.from({ length: 286 }, (_, symbol) => (symbol + 1) << 10);
    fc.assert(
      fc.property(many, (frequencies) => {
        const { lengths, codes } = built(frequencies);
        const table = new HuffmanTable(meanings, 9);
        expect(table.build(lengths, 0, lengths.length, 'single allowed')).toBe(true);
        for (const [symbol, length] of lengths.entries()) {
          if (length === 0) continue;
          expect(codes[symbol]! & 15).toBe(length);
          const bits = codes[symbol]! >> 4;
          const entry = table.entries[bits & table.mask]! || table.findLong(bits);
          expect(entry).toBe(((symbol + 1) << 10) | length);
        }
      }),
      runs(500, 50_000),
    );
  });
});
