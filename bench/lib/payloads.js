/**
 * Payloads by kind and exact size in bytes.
 *
 * Their bytes are chosen so that flipping the two lowest bits of any of them gives valid text again: a parser that
 * unmasks in place turns a chunk that is fed twice into that twin, not into rubbish.
 */

/** Repeats whole characters and fills up with ASCII, so that text stays text. */
function repeat(/** @type {string} */ text, /** @type {number} */ size) {
  const unit = Buffer.from(text);
  const whole = Math.floor(size / unit.length) * unit.length;
  return Buffer.concat([Buffer.alloc(whole, unit), Buffer.alloc(size - whole, 'p')]);
}

const PADDING = ',"end":""}';

/** An object as an application would send it, padded to exactly `size` bytes. */
function json(/** @type {number} */ size, /** @type {number} */ seed) {
  const words = ['mast', 'halyard', 'anchor', 'harbour', 'keel', 'tide', 'rigging', 'sail', 'compass', 'starboard'];
  const items = [];
  let value = seed;
  const next = () => (value = (value * 1_103_515_245 + 12_345) % 2 ** 31);
  const encode = () => JSON.stringify({ type: 'update', room: 'harbour', at: 1_700_000_000_000 + seed, items });
  do {
    items.push({ id: next(), name: `${words[next() % 10]} ${words[next() % 10]}`, price: (next() % 10_000) / 100 });
  } while (encode().length + PADDING.length <= size);
  items.pop();
  const text = encode().slice(0, -1) + PADDING.slice(0, -2);
  return Buffer.from(`${text}${'.'.repeat(size - text.length - 2)}"}`);
}

/** Text of two- and three-byte characters between ASCII, as it is written in many languages. */
const MIXED = 'hdhe \u0161\u010d\u0159 px \u4e2d\u6587 sail \u0448\u043a\u043e\u0442 ';

/**
 * @param {'binary' | 'text' | 'unicode' | 'json'} kind
 * @param {number} size bytes; json is at least about 120
 * @param {number} [seed] another one gives another json of the same size
 * @returns {Buffer}
 */
export function payload(kind, size, seed = 1) {
  switch (kind) {
    case 'text':
      return repeat('hoist the main sail and let fly ', size);
    case 'unicode':
      return repeat(MIXED, size);
    case 'json':
      return json(size, seed);
    default:
      return Buffer.alloc(size, 0xa5);
  }
}

/** Opcode of a payload's frame. */
export const opcodeOf = (/** @type {string} */ kind) => (kind === 'binary' ? 0x2 : 0x1);
