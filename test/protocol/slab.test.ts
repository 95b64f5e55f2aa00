import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { makeMaskKernel } from '../../src/protocol/mask-kernel.ts';
import { Slab } from '../../src/protocol/slab.ts';
import { runs } from '../support/runs.ts';

const { memory, xor } = makeMaskKernel()!;
const SIZE = 65_536;
const slabs = {
  'memory of its own': new Slab(Buffer.allocUnsafeSlow(SIZE)),
  'memory of the kernel': new Slab(Buffer.from(memory, 40_056, SIZE), undefined, xor),
};

describe.each(Object.entries(slabs))('a slab in %s', (_, slab) => {
  const size = fc.oneof(fc.nat(300), fc.nat(5_000), fc.constantFrom(4_095, 4_096, 16_384, 16_385, 40_000));

  it('masks as the plain loop does, from anywhere, and leaves what is before as it was', () => {
    fc.assert(
      fc.property(fc.nat(300), size, fc.integer(), fc.boolean(), fc.nat(9), (at, length, key, inPlace, skip) => {
        const source = Buffer.from(new ArrayBuffer(skip + length)).subarray(skip);
        for (let i = 0; i < length; i++) source[i] = i * 7 + 3;
        const before = Buffer.from(source);
        const expected = Buffer.concat([Buffer.alloc(at, 0x77), source]);
        applyMaskPlain(expected, at, at + length, key);
        slab.bytes.fill(0x77, 0, at);
        if (inPlace) {
          slab.bytes.set(source, at);
          slab.mask(at, at + length, key);
        } else slab.setMasked(at, source, key);
        expect(slab.bytes.subarray(0, at + length).equals(expected)).toBe(true);
        expect(source.equals(before)).toBe(true);
      }),
      runs(500, 50_000),
    );
  });

  it('gives views of its runs, and the same again where it keeps them', () => {
    for (let i = 0; i < SIZE; i++) slab.bytes[i] = i * 31;
    const isRight = (from: number, length: number): boolean => {
      const view = slab.view(from, length);
      return Buffer.isBuffer(view) && view.equals(slab.bytes.subarray(from, from + length));
    };
    const run = fc.tuple(fc.oneof(fc.constant(0), fc.nat(1000)), fc.oneof(fc.nat(600), fc.nat(60_000)));
    const check = (): void =>
      fc.assert(
        fc.property(fc.array(run, { maxLength: 20 }), (list) => {
          for (const [from, length] of list) expect(isRight(from, length)).toBe(true);
        }),
        runs(100, 10_000),
      );
    check();
    expect(slab.view(0, 131)).not.toBe(slab.view(0, 131));
    slab.keepViews();
    check();
    expect(slab.view(0, 131)).toBe(slab.view(0, 131));
  });
});
