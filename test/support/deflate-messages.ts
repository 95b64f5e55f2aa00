import { Buffer } from 'node:buffer';
import fc from 'fast-check';

const WORDS = ['halyard', 'mast', '{"type":"message","room":"', '","text":"', 'é', '\0\0\0\0', 'keel', '"}'];

const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => Buffer.from(words.join(' ')));
const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
const monotone = fc
  .tuple(fc.nat(255), fc.oneof(fc.nat(300), fc.nat(70_000)))
  .map(([byte, length]) => Buffer.alloc(length, byte));
/** Long, with repetitions at distances around the sizes of windows. */
const echoing = fc
  .tuple(
    fc.uint8Array({ minLength: 20, maxLength: 40 }),
    fc.integer({ min: 7, max: 15 }),
    fc.integer({ min: -300, max: 300 }),
  )
  .map(([unit, bits, offset]) => {
    const gap = Buffer.alloc(Math.max(0, (1 << bits) + offset - unit.length));
    for (let i = 0, x = unit[0]!; i < gap.length; i++) gap[i] = x = (x * 75 + 74) % 65_537;
    return Buffer.concat([unit, gap, unit, unit]);
  });

/** Messages as they compress well, badly, hugely, and not at all; some are empty. */
export const payloads: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: noise },
  { weight: 1, arbitrary: monotone },
  { weight: 2, arbitrary: echoing },
);

/** Small streams by hand: what they are, their bytes, and what comes out. */
export const ordinaryStreams: readonly [what: string, payload: string, text: string][] = [
  ['the example of RFC 7692 §7.2.3.1', 'f2 48 cd c9 c9 07 00', 'Hello'],
  ['a stored block', '00 05 00 fa ff 48 65 6c 6c 6f 00', 'Hello'],
  ['two blocks', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00', 'Hello'],
  ['an empty message', '00', ''],
];

/** What zlib lets one choose. */
export const zlibDeflateOptions = fc.record({
  level: fc.integer({ min: -1, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  strategy: fc.nat(4),
});

export const windowBits = fc.integer({ min: 8, max: 15 });
