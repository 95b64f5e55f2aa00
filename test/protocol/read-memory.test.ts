import { isAscii } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WITHOUT } from '../../src/protocol/long-mask.ts';
import { LEAST_LOOK, TILE } from '../../src/protocol/mask-kernel.ts';
import { askReadMemory, isAsciiRead, READ_SIZE, viewOfRead } from '../../src/protocol/read-memory.ts';
import { runs } from '../support/runs.ts';

describe('memory of the kernel to read into', () => {
  it('is there when much was read without it', () => {
    const reads = (WITHOUT * TILE) / READ_SIZE;
    for (let i = 0; i < reads; i++) expect(askReadMemory(READ_SIZE)).toBeUndefined();
    expect(askReadMemory(READ_SIZE)).toHaveLength(READ_SIZE);
  });

  const range = fc.tuple(fc.nat(40), fc.oneof(fc.nat(100), fc.nat(20_000)));
  const read = fc.record({ ranges: fc.array(range, { minLength: 1, maxLength: 20 }), odd: fc.option(fc.nat(4_000)) });

  it('says of nothing that it is ASCII if it is not', () => {
    const memory = askReadMemory(0)!;
    fc.assert(
      fc.property(read, ({ ranges, odd }) => {
        memory.fill('x');
        if (odd !== null) memory[odd] = 0xc3;
        for (const [start, size] of ranges) {
          const chunk = viewOfRead(READ_SIZE);
          if (isAsciiRead(chunk, start, start + size)) expect(isAscii(chunk.subarray(start, start + size))).toBe(true);
        }
      }),
      runs(500, 20_000),
    );
  });

  it('says so of all that is, but for what comes soon after what was not', () => {
    const memory = askReadMemory(0)!.fill('x');
    memory[0] = 0xc3;
    const chunk = viewOfRead(READ_SIZE);
    isAsciiRead(chunk, 0, 100);
    const says = Array.from({ length: 40 }, (_, i) => isAsciiRead(chunk, 1, LEAST_LOOK + 1 + i * 400));
    const first = says.indexOf(true);
    expect(first).toBeLessThanOrEqual(16);
    expect(says.slice(first)).not.toContain(false);
  });

  it('looks at its last bytes and at all of a text of any length, and at no other memory', () => {
    const memory = askReadMemory(0)!.fill('x');
    const chunk = viewOfRead(READ_SIZE);
    const isKnown = (end: number, bytes = chunk): boolean => {
      // So often that text which was not ASCII is forgotten.
      for (let i = 0; i < 20; i++) if (isAsciiRead(bytes, end - 100, end)) return true;
      return false;
    };
    expect([100, READ_SIZE].map((end) => isKnown(end))).toEqual([true, true]);
    expect(isKnown(200, memory)).toBe(false);
    expect(isKnown(200, Buffer.alloc(READ_SIZE))).toBe(false);
    memory[READ_SIZE - 1] = 0x80;
    memory[READ_SIZE - 101] = 0x80;
    expect([READ_SIZE - 1, READ_SIZE].map((end) => isKnown(end))).toEqual([false, false]);
    expect(isKnown(READ_SIZE - 101)).toBe(true);
  });
});
