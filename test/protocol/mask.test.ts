import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMask } from '../../src/protocol/fast-mask.ts';
import { applyMaskPlain, rotateKey } from '../../src/protocol/mask.ts';
import { nextMaskingKey } from '../../src/protocol/masking-keys.ts';
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
      }
    }
  });

  it('is the plain loop for any bytes, key and place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.integer(), fc.nat(16), fc.nat(16), (bytes, key, skip, left) => {
        const memory = new Uint8Array(skip + bytes.length);
        memory.set(bytes, skip);
        const start = Math.min(skip, memory.length);
        const end = Math.max(start, memory.length - left);
        const twin = memory.slice();
        applyMaskPlain(twin, start, end, key);
        const seen = applyMask(memory, start, end, key);
        expect(memory).toEqual(twin);
        if (seen < 0x80) expect(twin.subarray(start, end).every((byte) => byte < 0x80)).toBe(true);
      }),
      runs(2_000, 500_000),
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
