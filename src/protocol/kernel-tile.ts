import type { MaskKernel } from './mask-kernel.ts';
import { Slab } from './slab.ts';

let tile: Slab | undefined;

/** The tile of the kernel, of which there is one; it keeps views of its beginning. */
export function tileOf(kernel: MaskKernel): Slab {
  return (tile ??= withViews(new Slab(kernel.tile)));
}

function withViews(slab: Slab): Slab {
  slab.keepViews();
  return slab;
}
