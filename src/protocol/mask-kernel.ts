import { Buffer } from 'node:buffer';

/** What is masked at once: it stays in the fastest cache, with what it is copied from and to. */
export const TILE = 16_384;

/** The part of WebAssembly that is used here. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } & Pick<MaskKernel, 'xor' | 'look'> };
};

const PAGE = 65_536;
const PAGES = 17;

/** Bytes of its memory, of which it takes no more than what is used; it does not grow. */
export const KERNEL_MEMORY = PAGES * PAGE;

/** `look` looks at no fewer bytes. */
export const LEAST_LOOK = 16;

export interface MaskKernel {
  readonly memory: ArrayBuffer;
  /** The beginning of its memory: `TILE` bytes, and behind them some that may be written. */
  readonly tile: Buffer;
  /**
   * XORs what lies from `start` to `end` with `key` over and over, and up to 16 bytes behind that. 0 says that what came
   * out is all ASCII; to look costs next to nothing.
   */
  readonly xor: (start: number, end: number, key: number) => number;
  /** 0 says that what lies from `start` to `end` is all ASCII; it is no less than `LEAST_LOOK` bytes. */
  readonly look: (start: number, end: number) => number;
}

/** A part of a module, behind its length in LEB128. */
function sized(...bytes: readonly number[]): number[] {
  const { length } = bytes;
  return length < 0x80 ? [length, ...bytes] : [(length & 0x7f) | 0x80, length >> 7, ...bytes];
}

const named = (name: string): number[] => sized(...Buffer.from(name));

// The parameters and local variables of `xor`, by their numbers.
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
const XOR_CODE = [
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

/** Of `look`, which has the first two parameters and no third. */
const LOOKED = 2;

/** `v128.load offset=… (at)` */
const load = (offset: number): number[] => [...get(AT), 0xfd, 0x00, 0, offset];

const add = (size: readonly number[]): number[] => [...get(AT), ...size, ADD];

const lookBy = (size: readonly number[], offsets: readonly number[]): number[] => {
  const look = offsets.flatMap((offset) => [...load(offset), ...OR]);
  return loop(add(size), [...get(LOOKED), ...look, ...set(LOOKED), ...add(size), ...set(AT)]);
};

// prettier-ignore
const LOOK_CODE = [
  1, 1, V128, // one local variable
  ...lookBy(SIXTY_FOUR, [0, 16, 32, 48]),
  ...lookBy(SIXTEEN, [0]),
  // The last 16 bytes, of which some were looked at before.
  ...get(END), ...SIXTEEN, 0x6b, ...set(AT), ...load(0), // i32.sub
  ...get(LOOKED), ...OR, 0xfd, 0x64, // i8x16.bitmask
  0x0b,
];

// prettier-ignore
const MODULE = Uint8Array.of(
  ...Buffer.from('\0asm'), 1, 0, 0, 0,
  1, ...sized(2, 0x60, 3, I32, I32, I32, 1, I32, 0x60, 2, I32, I32, 1, I32), // (func (param i32 …) (result i32))
  3, ...sized(2, 0, 1), // two functions, one of each type
  5, ...sized(1, 1, PAGES, PAGES), // one memory, which does not grow
  7, ...sized(3, ...named('memory'), 2, 0, ...named('xor'), 0, 0, ...named('look'), 0, 1), // three exports
  10, ...sized(2, ...sized(...XOR_CODE), ...sized(...LOOK_CODE)),
);

/** XOR with 128 bits at a time, as JavaScript has no way to; undefined where WebAssembly is not to be had. */
export function makeMaskKernel(): MaskKernel | undefined {
  try {
    const { memory, xor, look } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
    return { memory: memory.buffer, tile: Buffer.from(memory.buffer, 0, TILE), xor, look };
  } catch {
    // There is no WebAssembly (--jitless), it lacks SIMD, or there is no address space for its memory (ulimit -v).
    return undefined;
  }
}
