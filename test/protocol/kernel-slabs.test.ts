import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lendKernelSlab } from '../../src/protocol/kernel-slabs.ts';
import { askKernel, WITHOUT } from '../../src/protocol/long-mask.ts';
import type { Slab } from '../../src/protocol/slab.ts';
import { runs } from '../support/runs.ts';

/** All there are for a size: 128, 32 and 8 of them. */
function lendAll(size: number): Slab[] {
  const slabs: Slab[] = [];
  for (let slab = lendKernelSlab(size); slab !== undefined; slab = lendKernelSlab(size)) slabs.push(slab);
  return slabs;
}

const giveBack = (slab: Slab): void => slab.pool!.takeBack(slab);

describe('slabs of the kernel', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('are lent when many were asked for, and never where there is no kernel', async () => {
    let others = 0;
    let slab: Slab | undefined;
    while ((slab = lendKernelSlab(10)) === undefined) others++;
    expect(others).toBe(8 * WITHOUT);
    giveBack(slab);
    expect(lendKernelSlab(65_537)).toBeUndefined();

    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    const anew = await import('../../src/protocol/kernel-slabs.ts');
    for (let i = 0; i < 9 * WITHOUT; i++) expect(anew.lendKernelSlab(10)).toBeUndefined();
  });

  it('have memory of their own, also where one or the tile is masked to its end and behind it', () => {
    const all = [1, 1025, 8193].flatMap(lendAll);
    expect([1024, 8192, 65_536].map((size) => all.filter(({ bytes }) => bytes.length === size).length)).toEqual([
      128, 32, 8,
    ]);
    for (const [i, slab] of all.entries()) slab.bytes.fill(i);
    for (const slab of all) {
      for (const start of [0, 1, 1023, 1024]) {
        for (let time = 0; time < 2; time++) slab.mask(start, slab.bytes.length, 0x12345678);
      }
    }
    const { tile, xor } = askKernel()!;
    tile.fill(0xff);
    xor(tile.byteOffset, tile.byteOffset + tile.length, 0x12345678);
    for (const [i, { bytes }] of all.entries()) expect(bytes.equals(Buffer.alloc(bytes.length, i))).toBe(true);
    all.forEach(giveBack);
  });

  it('are not waited for any more when others come back, so that who has sent them is not remembered for ever', () => {
    const [slab, inFlight] = [lendKernelSlab(10)!, lendKernelSlab(10)!];
    let isOver = false;
    let looks = 0;
    inFlight.pool!.forget(inFlight, () => {
      looks++;
      return isOver;
    });
    giveBack(slab);
    expect(looks).toBe(1);
    isOver = true;
    giveBack(lendKernelSlab(10)!);
    const seen = looks;
    giveBack(lendKernelSlab(10)!);
    expect(looks).toBe(seen);
    const all = lendAll(10);
    expect(all).toHaveLength(128);
    all.forEach(giveBack);
  });

  it('are lent again when they came back, or nobody reads them any more, and not before', () => {
    const step = fc.record({ act: fc.constantFrom('lend', 'lend', 'return', 'forget', 'land'), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lent: Slab[] = [];
        const inFlight = new Set<Slab>();
        for (const { act, which } of steps) {
          if (act === 'lend') {
            const slab = lendKernelSlab(65_536);
            if (slab !== undefined) {
              expect(lent.includes(slab) || inFlight.has(slab)).toBe(false);
              lent.push(slab);
            }
          } else if (act === 'land') inFlight.delete([...inFlight][which % inFlight.size]!);
          else {
            const slab = lent.splice(which % lent.length, 1)[0];
            if (slab === undefined) continue;
            if (act === 'return') giveBack(slab);
            else {
              inFlight.add(slab);
              slab.pool!.forget(slab, () => !inFlight.has(slab));
            }
          }
        }
        inFlight.clear();
        lent.forEach(giveBack);
        // Nothing was lost, and nothing is there twice.
        const all = lendAll(65_536);
        expect(new Set(all).size).toBe(8);
        expect(all).toHaveLength(8);
        all.forEach(giveBack);
      }),
      runs(300, 20_000),
    );
  });
});
