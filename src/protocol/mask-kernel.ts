import { Buffer } from 'node:buffer';

/** What is masked at once: it stays in the fastest cache, with what it is copied from and to. */
export const TILE = 16_384;

/** The part of WebAssembly that is used here. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer }; xor: MaskKernel['xor'] } };
};

export interface MaskKernel {
  /** The beginning of its memory: `TILE` bytes. */
  readonly tile: Buffer;
  /** XORs the first `length` bytes of it, a multiple of 64 and not 0, with `key` over and over. */
  readonly xor: (length: number, key: number) => void;
}

/** A part of a module, behind its length. All are shorter than 128 bytes. */
const sized = (...bytes: readonly number[]): number[] => [bytes.length, ...bytes];

const named = (name: string): number[] => sized(...Buffer.from(name));

/** `v128.store offset=… (left) (v128.xor (v128.load offset=… (left)) (keys))` */
// prettier-ignore
const xorAt = (offset: number): number[] => [
  0x20, 0, // local.get $left
  0x20, 0, // local.get $left
  0xfd, 0x00, 4, offset, // v128.load
  0x20, 2, // local.get $keys
  0xfd, 0x51, // v128.xor
  0xfd, 0x0b, 4, offset, // v128.store
];

// prettier-ignore
const CODE = [
  1, 1, 0x7b, // (local $keys v128), behind the parameters $left and $key
  0x20, 1, // local.get $key
  0xfd, 0x11, // i32x4.splat
  0x21, 2, // local.set $keys
  0x03, 0x40, // loop
  0x20, 0, // local.get $left
  0x41, 0xc0, 0, // i32.const 64
  0x6b, // i32.sub
  0x21, 0, // local.set $left
  ...xorAt(0), ...xorAt(16), ...xorAt(32), ...xorAt(48),
  0x20, 0, // local.get $left
  0x0d, 0, // br_if: again unless 0 is left
  0x0b, // end of the loop
  0x0b, // end of the function
];

// prettier-ignore
const MODULE = Uint8Array.of(
  ...Buffer.from('\0asm'), 1, 0, 0, 0,
  1, ...sized(1, 0x60, 2, 0x7f, 0x7f, 0), // one type: (func (param i32 i32))
  3, ...sized(1, 0), // one function, of that type
  5, ...sized(1, 1, 1, 1), // one memory: one page of 64 KiB, no more
  7, ...sized(2, ...named('memory'), 2, 0, ...named('xor'), 0, 0), // two exports
  10, ...sized(1, ...sized(...CODE)),
);

/** XOR with 128 bits at a time, as JavaScript has no way to; undefined where WebAssembly is not to be had. */
export function makeMaskKernel(): MaskKernel | undefined {
  try {
    const { memory, xor } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
    return { tile: Buffer.from(memory.buffer, 0, TILE), xor };
  } catch {
    // There is no WebAssembly (--jitless), it lacks SIMD, or there is no address space for its memory (ulimit -v).
    return undefined;
  }
}
