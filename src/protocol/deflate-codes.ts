/**
 * The alphabets of DEFLATE, RFC 1951 §3.2.5, as what each symbol means in one number: the value in the bits from
 * `VALUE` on, how many extra bits follow (`extraOf`), and `LITERAL` or `END`; the four lowest bits, `CODE_LENGTH`, are
 * free for the length of its code.
 */
export const CODE_LENGTH = 15;
const EXTRA = 4;
export const LITERAL = 1 << 8;
export const END = 1 << 9;
export const VALUE = 10;

/** How many extra bits follow a symbol. */
export function extraOf(meaning: number): number {
  return (meaning >>> EXTRA) & 15;
}

/** The symbol that ends a block; those above are lengths. */
export const END_OF_BLOCK = 256;

/** The largest number of bits in a code. §3.2.7. */
export const LONGEST_CODE = 15;

/** How many symbols of either alphabet can occur. */
export const LITERALS = 286;
export const DISTANCES = 30;

/** In which order the lengths of the code length codes are written. §3.2.7. */
export const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Literals, the end of a block, lengths from 3 to 258. Fixed blocks have codes for two more, which never occur: 0. */
export const literalMeanings = Int32Array.from({ length: LITERALS + 2 }, (_, symbol) => {
  if (symbol >= LITERALS) return 0;
  if (symbol < END_OF_BLOCK) return LITERAL | (symbol << VALUE);
  if (symbol === END_OF_BLOCK) return END;
  // The longest has a symbol of its own, outside the pattern.
  if (symbol === LITERALS - 1) return 258 << VALUE;
  return spread(symbol - 257, 4, 3);
});

/** Distances from 1 to 32,768. Again, fixed blocks have codes for two more. */
export const distanceMeanings = Int32Array.from({ length: DISTANCES + 2 }, (_, symbol) =>
  symbol < DISTANCES ? spread(symbol, 2, 1) : 0,
);

/** Which symbol stands for a length, by the length. */
export const lengthSymbols = new Uint16Array(259);
for (let symbol = END_OF_BLOCK + 1; symbol < LITERALS; symbol++) {
  const meaning = literalMeanings[symbol]!;
  lengthSymbols.fill(symbol, meaning >>> VALUE, (meaning >>> VALUE) + (1 << extraOf(meaning)));
}

/** Which symbol stands for a distance: two for each power of two. */
export function distanceSymbol(distance: number): number {
  const index = distance - 1;
  if (index < 2) return index;
  const extra = 30 - Math.clz32(index);
  return 2 * extra + (index >> extra);
}

/** The code lengths of a dynamic block are symbols themselves. §3.2.7. */
export const codeLengthMeanings = Int32Array.from({ length: 19 }, (_, symbol) => LITERAL | (symbol << VALUE));

/** Both alphabets begin with single values, and go on with ranges that double, `perSize` of them of each size. */
function spread(index: number, perSize: number, first: number): number {
  const extra = Math.max(0, Math.floor(index / perSize) - 1);
  const value = extra === 0 ? index : (perSize + (index % perSize)) << extra;
  return ((first + value) << VALUE) | (extra << EXTRA);
}

/** How long the codes of a fixed block are. §3.2.6. */
export const fixedLiteralLengths = Uint8Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
export const fixedDistanceLengths = new Uint8Array(32).fill(5);
