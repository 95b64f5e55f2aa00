import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LONG, maskLong, WITHOUT } from '../../src/protocol/long-mask.ts';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { LEAST_LOOK, makeMaskKernel, TILE, TILE_AT } from '../../src/protocol/mask-kernel.ts';
import { runs } from '../support/runs.ts';

function outOfMemory(): never {
  throw new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance');
}

describe('the kernel', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('is the plain loop on its own memory, from anywhere to anywhere, and sees what is no ASCII in it', () => {
    const { tile, xor, xorAndLook } = makeMaskKernel()!;
    const length = fc.oneof(fc.nat(150), fc.nat(5_000), fc.constant(TILE - 20));
    fc.assert(
      fc.property(fc.nat(20), length, fc.integer(), fc.option(fc.nat()), (start, size, key, odd) => {
        const end = start + size;
        const expected = Buffer.alloc(TILE, 0xff);
        for (let i = start; i < end; i++) expected[i] = i % 128;
        if (odd !== null && size > 0) expected[start + (odd % size)] = 0x80;
        const masked = Buffer.from(expected);
        applyMaskPlain(masked, start, end, key);
        tile.set(masked);
        const check = (): void => {
          expect(tile.subarray(0, end).equals(expected.subarray(0, end))).toBe(true);
          expect(tile.subarray(end + 16).equals(expected.subarray(end + 16))).toBe(true);
        };
        expect(xorAndLook(TILE_AT + start, TILE_AT + end, key) === 0).toBe(odd === null || size === 0);
        check();
        tile.set(masked);
        xor(TILE_AT + start, TILE_AT + end, key);
        check();
      }),
      runs(1_000, 100_000),
    );
  });

  it('sees what is no ASCII from anywhere to anywhere, and nothing around it', () => {
    const { tile, look } = makeMaskKernel()!;
    const length = fc.oneof(fc.integer({ min: LEAST_LOOK, max: 300 }), fc.constant(TILE - 20));
    fc.assert(
      fc.property(fc.nat(20), length, fc.option(fc.nat()), (start, size, odd) => {
        tile.fill(0xff).fill(0x7f, start, start + size);
        if (odd !== null) tile[start + (odd % size)] = 0x80;
        expect(look(TILE_AT + start, TILE_AT + start + size) === 0).toBe(odd === null);
      }),
      runs(1_000, 100_000),
    );
  });

  it.each([
    ['there is no WebAssembly', undefined],
    ['there is no room for its memory', { Module: WebAssembly.Module, Instance: outOfMemory }],
  ])('is not made where %s', (_, global) => {
    vi.stubGlobal('WebAssembly', global);
    expect(makeMaskKernel()).toBeUndefined();
  });
});

describe('masking of long ranges', () => {
  it('is left to others until there were many, and then is the plain loop, from anywhere to anywhere', () => {
    const bytes = Buffer.alloc(LONG);
    let others = 0;
    while (!maskLong(bytes, 0, bytes, 0, LONG, -1)) others++;
    expect(others).toBe(WITHOUT);
    expect(bytes.equals(Buffer.alloc(LONG, 0xff))).toBe(true);

    const length = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 4_000, max: 50_000 }));
    fc.assert(
      fc.property(length, fc.nat(20), fc.nat(20), fc.integer(), fc.boolean(), (size, from, to, key, inPlace) => {
        const source = Buffer.from(new ArrayBuffer(from + size + 5));
        for (let i = 0; i < source.length; i++) source[i] = i * 7;
        const target = inPlace ? source : Buffer.alloc(to + size + 9, 0xee);
        const at = inPlace ? from : to;
        const expected = Buffer.from(target);
        source.copy(expected, at, from, from + size);
        applyMaskPlain(expected, at, at + size, key);
        expect(maskLong(target, at, source, from, from + size, key)).toBe(true);
        expect(target.equals(expected)).toBe(true);
      }),
      runs(500, 20_000),
    );
  });

  it('goes on without the kernel where a process has no WebAssembly', () => {
    const script = `
      import { copyMasked } from './dist/protocol/copy-masked.js';
      import { applyMaskBlind } from './dist/protocol/fast-mask.js';
      import { WITHOUT } from './dist/protocol/long-mask.js';
      const bytes = Buffer.alloc(5000, 'x');
      for (let i = 0; i < WITHOUT; i++) applyMaskBlind(bytes, 3, 4999, -7);
      const copy = Buffer.alloc(5000);
      applyMaskBlind(bytes, 3, 4999, 0x44332211);
      copyMasked(copy, 1, bytes, 3, 4999, 0x44332211);
      process.stdout.write(typeof WebAssembly + ' ' + bytes.subarray(0, 8).toString('hex') + ' ' + copy.subarray(0, 6));
    `;
    const args = ['--jitless', '--no-warnings', '--input-type=module', '--eval', script];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout).toBe('undefined 787878695a4b3c69 \0xxxxx');
  });
});
