/*
 * The functions of the kernel (mask-kernel.ts) in the bytes of WebAssembly. What an instruction takes was left on the stack by
 * those before it; a parameter or local variable goes by its number, an address is the number of bytes before it.
 */

type Code = readonly number[];
type Parts = readonly (number | Code)[];

export const V128 = 0x7b;
export const I32 = 0x7f;

const get = (variable: number): Code => [0x20, variable];
const set = (variable: number): Code => [0x21, variable];
const tee = (variable: number): Code => [0x22, variable];

/** What is not negative in signed LEB128. */
const leb = (n: number): Code => (n < 0x40 ? [n] : [(n & 0x7f) | 0x80, ...leb(n >> 7)]);
const int = (n: number): Code => [0x41, ...leb(n)];

const ADD = 0x6a;
const SUB = 0x6b;
const AND = 0x71;
const OR = 0x72;
const SHL = 0x74;
const EQUAL = 0x46;
const UNEQUAL = 0x47;
const LESS = 0x49;
const MORE = 0x4b;

/** An octet, `offset` behind the address. */
const octet = (offset: number): Code => [0x2d, 0, offset];
/** 32 bits, little-endian, wherever they lie. */
const LOAD = [0x28, 0, 0];
const STORE = [0x36, 0, 0];

// The same for 128 bits.
const vLoad = (offset: number): Code => [0xfd, 0x00, 0, offset];
const vStore = (offset: number): Code => [0xfd, 0x0b, 0, offset];
const V_AND = [0xfd, 0x4e];
const V_OR = [0xfd, 0x50];
const V_XOR = [0xfd, 0x51];
/** 32 bits four times, and the lowest octet of them sixteen times. */
const SPLAT = [0xfd, 0x11];
const SPLAT_8 = [0xfd, 0x0f];
const LESS_8 = [0xfd, 0x26];
/** The highest bits of all octets. */
const HIGHEST = [0xfd, 0x64];
/** The octets are the numbers of their places. */
const PLACES = [0xfd, 0x0c, ...Array.from({ length: 16 }, (_, place) => place)];

const code = (...parts: Parts): Code => parts.flat();
const ifTrue = (...parts: Parts): Code => code(0x04, 0x40, ...parts, 0x0b);
const block = (...parts: Parts): Code => code(0x02, 0x40, ...parts, 0x0b);
const loop = (...parts: Parts): Code => code(0x03, 0x40, ...parts, 0x0b);
/** Begins the loop anew that it is in, or is n blocks further out. */
const again = (n: number): Code => [0x0c, n];
/** Leaves the block that it is in, or that is n blocks further out, if what is on the stack is not 0. */
const leaveIf = (n: number): Code => [0x0d, n];

/** A function with so many local variables of either kind, behind its parameters. */
const body = (ints: number, vectors: number, ...parts: Parts): Code =>
  code(2, ints, I32, vectors, V128, ...parts, 0x0b);

// The parameters of each; what else a function has follows in numbers.
const AT = 0;
const END = 1;

const atPlus = (n: number): Code => code(get(AT), int(n), ADD);

/** Does `step`, and `more` as well if the address that it leaves on the stack is before the end; then it begins anew. */
const loopBy = (step: Code, more: Code): Code => loop(step, get(END), LESS, ifTrue(more, again(1)));

const QUARTERS = [0, 16, 32, 48];
const EIGHTHS = [...QUARTERS, ...QUARTERS.map((offset) => offset + 64)];

/** Leaves 16 bytes XORed with the keys on the stack, below them the address that they are to be stored at. */
const xored = (address: number, offset: number, keys: number): Code =>
  code(get(address), get(address), vLoad(offset), get(keys), V_XOR);

/** XORs 16 bytes, and leaves them in `last` as well. */
const xorAt = (address: number, offset: number, keys: number, last: number): Code =>
  code(xored(address, offset, keys), tee(last), vStore(offset));

/** Adds the bits of `last` to those that were `seen`. */
const see = (seen: number, last: number): Code => code(get(seen), get(last), V_OR, set(seen));

/** All bits of the octets that are before so many bytes. */
const lanesBefore = (...bytes: Parts): Code => code(PLACES, ...bytes, SPLAT_8, LESS_8);

/** `xor` of mask-kernel.ts. */
export const XOR_CODE = xorCode(2, 3);

function xorCode(key: number, keys: number): Code {
  const xor = (offset: number): Code => code(xored(AT, offset, keys), vStore(offset));
  const xorBy = (size: number, offsets: readonly number[]): Code =>
    loopBy(atPlus(size), code(...offsets.map(xor), atPlus(size), set(AT)));
  return body(
    0,
    1,
    code(get(key), SPLAT, set(keys)),
    // By 128 bytes while there are more than that, by 64, then by 16.
    xorBy(128, EIGHTHS),
    xorBy(64, QUARTERS),
    loopBy(code(xor(0), atPlus(16), tee(AT)), []),
  );
}

/** `xorAndLook` of mask-kernel.ts. */
export const XOR_AND_LOOK_CODE = xorAndLookCode(2, 3, 4, 5);

function xorAndLookCode(key: number, keys: number, seen: number, last: number): Code {
  const xor = (offset: number): Code => xorAt(AT, offset, keys, last);
  const note = see(seen, last);
  return body(
    0,
    3,
    code(get(key), SPLAT, set(keys)),
    loopBy(atPlus(64), code(...QUARTERS.flatMap((offset) => [xor(offset), note]), atPlus(64), set(AT))),
    loopBy(code(xor(0), atPlus(16), tee(AT)), note),
    // Of the last 16 bytes only those before the end count.
    lanesBefore(get(END), get(AT), SUB, int(16), ADD),
    code(get(last), V_AND, get(seen), V_OR, HIGHEST),
  );
}

/** `look` of mask-kernel.ts. */
export const LOOK_CODE = lookCode(2);

function lookCode(seen: number): Code {
  const seeAt = (offset: number): Code => code(get(AT), vLoad(offset), V_OR);
  const lookBy = (size: number, offsets: readonly number[]): Code =>
    loopBy(atPlus(size), code(get(seen), ...offsets.map(seeAt), set(seen), atPlus(size), set(AT)));
  return body(
    0,
    1,
    lookBy(64, QUARTERS),
    lookBy(16, [0]),
    // The last 16 bytes, of which some were looked at before.
    code(get(END), int(16), SUB, set(AT), get(seen), seeAt(0), HIGHEST),
  );
}

/** What `unmaskFrames` says instead of where what is not ASCII begins, if all is. */
export const ALL_ASCII = 0x7fff;

/** `unmaskFrames` of mask-kernel.ts. */
export const FRAMES_CODE = framesCode(2, 3, 4, 5, 6, 7, 8, 9);

function framesCode(
  size: number,
  start: number,
  end: number,
  wide: number,
  keys: number,
  seen: number,
  last: number,
  lanes: number,
): Code {
  const keyAt = code(get(start), int(4), SUB);
  const xor = xorAt(start, 0, keys, last);
  const note = see(seen, last);
  // What is left for the parser to judge: what is not all there, or not masked, or has 64 bits of length.
  const header = code(
    code(atPlus(6), tee(start), get(END), MORE, leaveIf(1)),
    code(get(AT), octet(1), tee(size), int(0x80), LESS, leaveIf(1)),
    code(get(size), int(0x7f), AND, tee(size), int(127), EQUAL, leaveIf(1)),
    code(get(size), int(126), EQUAL),
    ifTrue(get(AT), octet(2), int(8), SHL, get(AT), octet(3), OR, set(size), atPlus(8), set(start)),
    code(get(start), get(size), ADD, tee(end), get(END), MORE, leaveIf(1)),
  );
  const takeKey = code(keyAt, LOAD, SPLAT, set(keys), keyAt, int(0), STORE);
  const by16 = block(
    loop(
      code(get(start), int(16), ADD, get(end), MORE, leaveIf(1)),
      code(xor, note, get(start), int(16), ADD, set(start), again(0)),
    ),
  );
  // What is behind the last ones stays as it is, and does not count.
  const rest = ifTrue(
    code(lanesBefore(get(end), get(start), SUB), tee(lanes), get(keys), V_AND, set(keys)),
    code(xor, get(last), get(lanes), V_AND, set(last), note),
  );
  const isFirstWide = code(get(AT), octet(0), int(0x0f), AND, int(2), UNEQUAL, get(wide), int(ALL_ASCII), EQUAL, AND);
  return body(
    4,
    4,
    code(int(ALL_ASCII), set(wide)),
    block(
      loop(
        code(header, takeKey, int(0), SPLAT, set(seen), by16, get(start), get(end), UNEQUAL, rest),
        code(get(seen), HIGHEST, ifTrue(isFirstWide, ifTrue(get(AT), set(wide)))),
        code(get(end), set(AT), again(0)),
      ),
    ),
    code(get(wide), int(16), SHL, get(AT), OR),
  );
}
