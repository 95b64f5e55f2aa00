import { runMicroCases } from '../lib/micro-cases.js';
import { wsFile } from './ws-internals.js';

/** @typedef {{ size: number, offset: number }} Params `offset`: of the payload in the chunk, so its alignment */

/** Words that are masked with it have their highest bit set: half of all do, and the compiler treats them differently. */
const KEY = Buffer.from([1, 2, 3, 0xf4]);

export const tasks = {
  async halyard(/** @type {Params} */ { size, offset }) {
    const { applyMask } = await import('../../dist/protocol/fast-mask.js');
    const bytes = Buffer.alloc(size + offset);
    const key = KEY.readInt32LE();
    return { messages: 1, step: () => applyMask(bytes, offset, offset + size, key) };
  },
  ws(/** @type {Params} */ { size, offset }) {
    const { unmask } = wsFile('buffer-util.js');
    const bytes = Buffer.alloc(size + offset).subarray(offset);
    return { messages: 1, step: () => unmask(bytes, KEY) };
  },
};

/** @type {import('../lib/micro-cases.js').MicroCase[]} */
const cases = [16, 48, 125, 1024, 16_384, 65_536].map((size) => ({
  name: `unmask ${size} B`,
  params: { size, offset: 6 },
  quick: size === 1024,
}));

/** @type {import('../lib/context.js').Bench} */
export const mask = {
  name: 'mask',
  about: 'XOR with the masking key, in place',
  unit: 'ns/payload',
  run: (context) => runMicroCases(import.meta.url, cases, context),
};
