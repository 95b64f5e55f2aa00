import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askKernel, WITHOUT } from '../../src/protocol/long-mask.ts';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { TILE } from '../../src/protocol/mask-kernel.ts';
import { unmaskText } from '../../src/protocol/unmask-text.ts';
import { runs } from '../support/runs.ts';

const text = fc.record({
  size: fc.oneof(fc.nat(80), fc.nat(1_200), fc.integer({ min: 7_000, max: 9_000 }), fc.integer({ min: -80, max: 20 })),
  /** What is written over ASCII somewhere: characters, or what is no UTF-8. */
  odd: fc.option(
    fc.tuple(fc.nat(), fc.constantFrom('c3a9', 'e282ac', 'f09f9880', 'efbfbd', '80', 'eda080', 'f4908080')),
  ),
  isWide: fc.boolean(),
  before: fc.oneof(fc.nat(14), fc.nat(300)),
  behind: fc.oneof(fc.constant(0), fc.nat(300)),
  key: fc.oneof(fc.integer(), fc.constant(0)),
  validate: fc.boolean(),
});

function isThePlainTwin(): void {
  fc.assert(
    fc.property(text, ({ size, odd, isWide, before, behind, key, validate }) => {
      // Below 0 it is the memory of the kernel that it just fits into, or does not.
      const payload = Buffer.alloc(size < 0 ? TILE + size : size, isWide ? 'Привет, мир! ' : 'Hello, world! ');
      if (odd !== null) payload.write(odd[1], odd[0] % (payload.length + 1), 'hex');
      const bytes = Buffer.alloc(before + payload.length + behind, 0xff);
      const end = before + payload.copy(bytes, before);
      applyMaskPlain(bytes, before, end, key);
      const expected = validate && !isUtf8(payload) ? undefined : payload.toString();
      const around = Buffer.concat([bytes.subarray(0, before), bytes.subarray(end)]);
      expect(unmaskText(bytes, before, end, key, validate) === expected).toBe(true);
      expect(Buffer.concat([bytes.subarray(0, before), bytes.subarray(end)]).equals(around)).toBe(true);
    }),
    runs(1_500, 100_000),
  );
}

describe('text that is unmasked to become a string', () => {
  it('is what the plain loop and toString make of it where it lies', isThePlainTwin);

  it('is so in the memory of the kernel', () => {
    let without = 0;
    while (askKernel() === undefined) without++;
    expect(without).toBeLessThan(8 * WITHOUT);
    isThePlainTwin();
  });

  it('is a string of its own, whatever is unmasked next', () => {
    const [one, other] = ['a', 'b'].map((letter) => {
      const bytes = Buffer.alloc(1_000, letter);
      applyMaskPlain(bytes, 0, bytes.length, -2);
      return unmaskText(bytes, 0, bytes.length, -2, true);
    });
    expect([one, other]).toEqual(['a'.repeat(1_000), 'b'.repeat(1_000)]);
  });

  it('leaves the bytes of a text that is alone as they came', () => {
    const bytes = Buffer.alloc(1_000, 'a');
    expect(unmaskText(bytes, 8, 1_000, 0x20202020, true)).toBe('A'.repeat(992));
    expect(bytes.equals(Buffer.alloc(1_000, 'a'))).toBe(true);
  });
});
