import { Buffer } from 'node:buffer';
import { FRAMES_CODE, I32, LOOK_CODE, XOR_AND_LOOK_CODE, XOR_CODE } from './kernel-code.ts';

/** What is masked at once: it stays in the fastest cache, with what it is copied from and to. */
export const TILE = 16_384;

/**
 * Where in its memory, which begins with a page: in the middle of one. Memory for much is given out from a little behind the beginning of a
 * page, and a processor that writes there holds up reads of what lies as far behind the beginning of another, as if it were the
 * same (4 KiB there and back 233 → 163 ns, 16 KiB 669 → 594 on an Intel Xeon).
 */
export const TILE_AT = 2048;

/** The part of WebAssembly that is used here. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => {
    exports: { memory: { buffer: ArrayBuffer } } & Pick<MaskKernel, 'xor' | 'xorAndLook' | 'look' | 'unmaskFrames'>;
  };
};

const PAGE = 65_536;
const PAGES = 17;

/** Bytes of its memory, of which it takes no more than what is used; it does not grow. */
export const KERNEL_MEMORY = PAGES * PAGE;

/** `look` looks at no fewer bytes. */
export const LEAST_LOOK = 16;

export interface MaskKernel {
  readonly memory: ArrayBuffer;
  /** `TILE` bytes from `TILE_AT` on, and behind them some that may be written. */
  readonly tile: Buffer;
  /** XORs what lies from `start` to `end` with `key` over and over, and up to 16 bytes behind that. */
  readonly xor: (start: number, end: number, key: number) => void;
  /** Does the same, and 0 says that what came out is all ASCII: a seventh more for 1 KiB, two fifths for 16 KiB. */
  readonly xorAndLook: (start: number, end: number, key: number) => number;
  /** 0 says that what lies from `start` to `end` is all ASCII; it is no less than `LEAST_LOOK` bytes. */
  readonly look: (start: number, end: number) => number;
  /**
   * Unmasks the frames that lie from `start` to `end`, one behind another, and writes a key of 0 into their headers: until one that
   * is not whole, or not masked, or has 64 bits of length. They are in the tile. In the lower 16 bits where it
   * stopped, in the higher ones where the first frame begins that is not binary and has what is not ASCII; or `ALL_ASCII`.
   */
  readonly unmaskFrames: (start: number, end: number) => number;
}

/** A part of a module, behind its length in LEB128. */
function sized(...bytes: readonly number[]): number[] {
  const { length } = bytes;
  return length < 0x80 ? [length, ...bytes] : [(length & 0x7f) | 0x80, length >> 7, ...bytes];
}

const named = (name: string): number[] => sized(...Buffer.from(name));

// prettier-ignore
const MODULE = Uint8Array.of(
  ...Buffer.from('\0asm'), 1, 0, 0, 0,
  1, ...sized(3, 0x60, 3, I32, I32, I32, 0, 0x60, 3, I32, I32, I32, 1, I32, 0x60, 2, I32, I32, 1, I32), // (func (param i32 …) (result i32))
  3, ...sized(4, 0, 1, 2, 2), // the functions, by their types
  5, ...sized(1, 1, PAGES, PAGES), // one memory, which does not grow
  7, ...sized(5, ...named('memory'), 2, 0, ...named('xor'), 0, 0, ...named('xorAndLook'), 0, 1, ...named('look'), 0, 2, ...named('unmaskFrames'), 0, 3),
  10, ...sized(4, ...sized(...XOR_CODE), ...sized(...XOR_AND_LOOK_CODE), ...sized(...LOOK_CODE), ...sized(...FRAMES_CODE)),
);

/** XOR with 128 bits at a time, as JavaScript has no way to; undefined where WebAssembly is not to be had. */
export function makeMaskKernel(): MaskKernel | undefined {
  try {
    const { memory, ...functions } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
    return { memory: memory.buffer, tile: Buffer.from(memory.buffer, TILE_AT, TILE), ...functions };
  } catch {
    // There is no WebAssembly (--jitless), it lacks SIMD, or there is no address space for its memory (ulimit -v).
    return undefined;
  }
}
