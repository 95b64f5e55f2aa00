import { isAscii } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { TILE } from '../../src/protocol/mask-kernel.ts';
import { isAsciiAlone, LEAST_ALONE, unmaskAlone } from '../../src/protocol/unmask-alone.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';

const chunk = fc.record({
  size: fc.oneof(
    fc.nat(20),
    fc.integer({ min: -9, max: 9 }).map((n) => LEAST_ALONE + n),
    fc.nat(1_500),
    fc.integer({ min: TILE - 90, max: TILE + 20 }),
  ),
  start: fc.nat(14),
  odd: fc.option(fc.nat()),
  key: fc.integer(),
  /** Bytes of the same memory before and behind the chunk: none, as for what a socket has read, or some. */
  around: fc.constantFrom(0, 0, 9),
});

function isThePlainTwin(): void {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 4 }), (chunks) => {
      const made = chunks.map(({ size, start, odd, key, around }) => {
        const memory = new ArrayBuffer(around + start + size + around);
        const whole = Buffer.from(memory).fill(0x77);
        const bytes = Buffer.from(memory, around, start + size);
        bytes.fill('Hello, world! ', start);
        if (odd !== null && size > 0) bytes[start + (odd % size)] = 0xc3;
        const clear = Buffer.from(whole);
        applyMaskPlain(bytes, start, bytes.length, key);
        const payload = unmaskAlone(bytes, start, key);
        if (isAsciiAlone) expect(isAscii(payload)).toBe(true);
        return { payload, whole, clear, from: around + start, to: around + start + size };
      });
      // Each stays as it is while others are unmasked, and is where it came.
      for (const { payload, whole, clear, from, to } of made) {
        expect(Buffer.isBuffer(payload)).toBe(true);
        expect(payload.buffer).toBe(whole.buffer);
        expect(payload.equals(clear.subarray(from, to))).toBe(true);
        expect(whole.equals(clear)).toBe(true);
      }
    }),
    runs(500, 50_000),
  );
}

describe('a payload that is alone in its chunk', () => {
  it('is unmasked as by the plain loop, and nothing around it changes', isThePlainTwin);

  it('is so by the kernel, which sees whether it is ASCII', () => {
    makeKernel();
    isThePlainTwin();
    for (const [text, expected] of [
      ['e', true],
      ['é', false],
    ] as const) {
      const bytes = Buffer.from(text.repeat(100));
      applyMaskPlain(bytes, 0, bytes.length, -2);
      expect(unmaskAlone(bytes, 0, -2).toString()).toBe(text.repeat(100));
      expect(isAsciiAlone).toBe(expected);
    }
  });
});
