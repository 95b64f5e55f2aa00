import { Buffer } from 'node:buffer';

/** What is masked at once: it stays in the fastest cache, with what it is copied from and to. */
export const TILE = 16_384;

/** The part of WebAssembly that is used here. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } & Pick<MaskKernel, 'xor'> };
};

/** Bytes of its memory, of which it takes no more than what is used; it does not grow. */
export const KERNEL_MEMORY = 16 * 65_536;

export interface MaskKernel {
  readonly memory: ArrayBuffer;
  /** The beginning of its memory: `TILE` bytes, and behind them some that may be written. */
  readonly tile: Buffer;
  /**
   * XORs what lies from `start` to `end` with `key` over and over, and up to 16 bytes behind that. 0 says that what came
   * out is all ASCII; to look costs next to nothing.
   */
  readonly xor: (start: number, end: number, key: number) => number;
}

/** A part of a module, behind its length in LEB128. */
function sized(...bytes: readonly number[]): number[] {
  const { length } = bytes;
  return length < 0x80 ? [length, ...bytes] : [(length & 0x7f) | 0x80, length >> 7, ...bytes];
}

const named = (name: string): number[] => sized(...Buffer.from(name));

// The parameters and local variables, by their numbers.
const AT = 0;
const END = 1;
const KEY = 2;
const KEYS = 3;
const SEEN = 4;
const LAST = 5;

const get = (variable: number): number[] => [0x20, variable];
const set = (variable: number): number[] => [0x21, variable];
const tee = (variable: number): number[] => [0x22, variable];

const V128 = 0x7b;
const I32 = 0x7f;
const ADD = 0x6a;
const XOR = [0xfd, 0x51];
const OR = [0xfd, 0x50];
/** `i32.const`, signed LEB128. */
const SIXTEEN = [0x41, 16];
const SIXTY_FOUR = [0x41, 0xc0, 0];

/** `v128.store offset=… (at) (last = v128.xor (v128.load offset=… (at)) (keys))` */
// prettier-ignore
const xorAt = (offset: number): number[] => [
  ...get(AT), ...get(AT), 0xfd, 0x00, 4, offset, ...get(KEYS), ...XOR, ...tee(LAST), 0xfd, 0x0b, 4, offset,
];

const SEE = [...get(SEEN), ...get(LAST), ...OR, ...set(SEEN)];

/** Does `step`, and `again` as well if the address that it leaves on the stack is before the end; then it begins anew. */
// prettier-ignore
const loop = (step: readonly number[], again: readonly number[]): number[] => [
  0x03, 0x40, ...step, ...get(END), 0x49, // loop; i32.lt_u
  0x04, 0x40, ...again, 0x0c, 1, 0x0b, 0x0b, // if; br 1; end; end
];

// prettier-ignore
const CODE = [
  1, 3, V128, // three local variables, behind the three parameters
  ...get(KEY), 0xfd, 0x11, ...set(KEYS), // i32x4.splat
  // By 64 bytes while there are more than that, then by 16.
  ...loop(
    [...get(AT), ...SIXTY_FOUR, ADD],
    [...[0, 16, 32, 48].flatMap((offset) => [...xorAt(offset), ...SEE]), ...get(AT), ...SIXTY_FOUR, ADD, ...set(AT)],
  ),
  ...loop([...xorAt(0), ...get(AT), ...SIXTEEN, ADD, ...tee(AT)], SEE),
  // Of the last 16 bytes only those before the end count: the numbers of their lanes are less than how many they are.
  0xfd, 0x0c, ...Array.from({ length: 16 }, (_, lane) => lane), // v128.const
  ...get(END), ...get(AT), 0x6b, ...SIXTEEN, ADD, 0xfd, 0x0f, // i32.sub; i8x16.splat
  0xfd, 0x26, // i8x16.lt_u
  ...get(LAST), 0xfd, 0x4e, // v128.and
  ...get(SEEN), ...OR, 0xfd, 0x64, // i8x16.bitmask
  0x0b,
];

// prettier-ignore
const MODULE = Uint8Array.of(
  ...Buffer.from('\0asm'), 1, 0, 0, 0,
  1, ...sized(1, 0x60, 3, I32, I32, I32, 1, I32), // one type: (func (param i32 i32 i32) (result i32))
  3, ...sized(1, 0), // one function, of that type
  5, ...sized(1, 1, 16, 16), // one memory: 16 pages of 64 KiB, no more
  7, ...sized(2, ...named('memory'), 2, 0, ...named('xor'), 0, 0), // two exports
  10, ...sized(1, ...sized(...CODE)),
);

/** XOR with 128 bits at a time, as JavaScript has no way to; undefined where WebAssembly is not to be had. */
export function makeMaskKernel(): MaskKernel | undefined {
  try {
    const { memory, xor } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
    return { memory: memory.buffer, tile: Buffer.from(memory.buffer, 0, TILE), xor };
  } catch {
    // There is no WebAssembly (--jitless), it lacks SIMD, or there is no address space for its memory (ulimit -v).
    return undefined;
  }
}
