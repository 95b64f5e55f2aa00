import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { lendSlab } from '../../src/protocol/slabs.ts';
import { Receiver } from '../../src/socket/parts/receiver.ts';
import { Sender } from '../../src/socket/parts/sender.ts';

/** Whether who sends now is given a view that was made before: a short send takes a third longer to make one. */
function keepsViews(size: number): boolean {
  const slab = lendSlab(size);
  const isKept = slab.view(0, 131) === slab.view(0, 131);
  slab.pool!.takeBack(slab);
  return isKept;
}

describe.each([1024, 8192, 65_536])('the slabs of %i bytes', (size) => {
  it('keep views, again soon after the one that did was left to a slow peer', () => {
    const slabs = [lendSlab(size), lendSlab(size), lendSlab(size)];
    for (const slab of slabs) slab.pool!.takeBack(slab);
    expect(keepsViews(size)).toBe(true);
    const slab = lendSlab(size);
    slab.pool!.forget(slab, undefined);
    keepsViews(size);
    expect(keepsViews(size)).toBe(true);
    const next = lendSlab(size);
    expect(next).not.toBe(slab);
    next.pool!.takeBack(next);
  });
});

it.each([
  ['a frame that was made by hand', () => Sender.frame(Buffer.from('x'), { opcode: 1, fin: true })],
  ['a Close that a receiver got', () => new Receiver().write(Buffer.from('8800', 'hex'))],
])('%s leaves the slabs to others', (_, act) => {
  keepsViews(10);
  act();
  keepsViews(10);
  expect(keepsViews(10)).toBe(true);
});
