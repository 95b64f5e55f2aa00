import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyMasked } from '../../src/protocol/copy-masked.ts';
import { applyMask, applyMaskBlind } from '../../src/protocol/fast-mask.ts';
import { held } from '../../src/protocol/held-words.ts';
import { applyMaskPlain, rotateKey } from '../../src/protocol/mask.ts';
import { nextMaskingKey } from '../../src/protocol/masking-keys.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';
import { hex } from '../support/wire.ts';

describe('masking', () => {
  it('is the example of §5.7', () => {
    const bytes = hex('7f 9f 4d 51 58');
    applyMask(bytes, 0, 5, 0x3d21fa37);
    expect(bytes.toString()).toBe('Hello');
  });

  it('is the loop of §5.3 at every length and alignment', () => {
    for (let length = 0; length < 150; length++) {
      for (let offset = 0; offset < 9; offset++) {
        const plain = Buffer.alloc(200, 0xa5);
        const fast = Buffer.from(plain);
        applyMaskPlain(plain, offset, offset + length, 0x3d21fa37);
        applyMask(fast, offset, offset + length, 0x3d21fa37);
        expect(fast.equals(plain)).toBe(true);
        applyMaskPlain(plain, offset, offset + length, -2);
        applyMaskBlind(fast, offset, offset + length, -2);
        expect(fast.equals(plain)).toBe(true);
      }
    }
  });

  it('is the plain loop for any bytes, keys and places, one behind the other', () => {
    const range = fc.record({
      at: fc.nat(3_000),
      length: fc.oneof(fc.nat(40), fc.nat(300), fc.nat(6_000)),
      key: fc.integer(),
      isAscii: fc.boolean(),
      blind: fc.boolean(),
    });
    const memory = fc.oneof(fc.nat(50), fc.nat(300), fc.nat(5_000), fc.integer({ min: 65_000, max: 66_000 }));
    fc.assert(
      fc.property(memory, fc.nat(20), fc.nat(20), fc.array(range, { maxLength: 8 }), (size, skip, left, ranges) => {
        const whole = Buffer.from(new ArrayBuffer(size));
        const bytes = whole.subarray(skip, Math.max(0, size - left));
        for (const { at, length, key, isAscii, blind } of ranges) {
          const start = Math.min(at, bytes.length);
          const end = Math.min(start + length, bytes.length);
          for (let i = start; i < end; i++) bytes[i] = isAscii ? i % 128 : (i * i) % 251;
          applyMaskPlain(bytes, start, end, key);
          const twin = Buffer.from(whole);
          applyMaskPlain(twin.subarray(skip), start, end, key);
          if (blind) applyMaskBlind(bytes, start, end, key);
          else {
            const seen = applyMask(bytes, start, end, key);
            const holdsAscii = bytes.subarray(start, end).every((byte) => byte < 0x80);
            if (seen < 0x80 || end - start < 12) expect(holdsAscii).toBe(seen < 0x80);
          }
          expect(whole.equals(twin)).toBe(true);
        }
      }),
      runs(2_000, 200_000),
    );
  });

  it('knows ASCII behind other bytes, and reaches the last ones of a memory of any size', () => {
    for (let size = 1_000; size < 1_008; size++) {
      const bytes = Buffer.from(new ArrayBuffer(size)).fill(0xff);
      for (const [start, end] of [
        [6, 66],
        [70, 129],
        [size - 61, size],
      ] as const) {
        bytes.fill('a', start, end);
        applyMaskPlain(bytes, start, end, 0x9d21fa37);
        expect(applyMask(bytes, start, end, 0x9d21fa37)).toBeLessThan(0x80);
        expect(bytes.toString('latin1', start, end)).toBe('a'.repeat(end - start));
      }
    }
  });

  it('holds no memory of more than one read, whose words it has used', () => {
    const bytes = Buffer.from(new ArrayBuffer(70_000));
    applyMask(bytes, 6, 60, -2);
    applyMaskBlind(bytes, 66, 1_000, -2);
    expect(held).not.toBe(bytes);
  });

  it.each([
    ['before there is a kernel', () => undefined],
    ['by the kernel', makeKernel],
  ])('is the same while bytes are copied, from anywhere to anywhere, %s', (_, prepare) => {
    prepare();
    const length = fc.oneof(fc.nat(300), fc.nat(9_000), fc.integer({ min: 16_000, max: 50_000 }));
    fc.assert(
      fc.property(length, fc.nat(20), fc.nat(20), fc.oneof(fc.constant(0), fc.integer()), (size, from, to, key) => {
        const source = Buffer.from(new ArrayBuffer(from + size + 5));
        for (let i = 0; i < source.length; i++) source[i] = i * 7;
        const before = Buffer.from(source);
        const target = Buffer.alloc(to + size + 9, 0xee);
        const expected = Buffer.from(target);
        source.copy(expected, to, from, from + size);
        applyMaskPlain(expected, to, to + size, key);
        copyMasked(target, to, source, from, from + size, key);
        expect(target.equals(expected)).toBe(true);
        expect(source.equals(before)).toBe(true);
      }),
      runs(500, 20_000),
    );
  });

  it('goes on in the middle with the rotated key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer(), fc.nat(200), (bytes, key, at) => {
        const cut = Math.min(at, bytes.length);
        const whole = bytes.slice();
        applyMaskPlain(whole, 0, whole.length, key);
        applyMask(bytes, 0, cut, key);
        applyMask(bytes, cut, bytes.length, rotateKey(key, cut));
        expect(bytes).toEqual(whole);
      }),
      runs(2_000, 500_000),
    );
  });

  it('never uses a key twice', () => {
    const keys = new Set(Array.from({ length: 20_000 }, nextMaskingKey));
    // 20,000 draws of 2^32 collide 0.05 times on average; a pool that repeats would collide thousands of times.
    expect(keys.size).toBeGreaterThan(19_990);
  });
});
