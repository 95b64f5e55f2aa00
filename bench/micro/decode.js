import { runMicroCases } from '../lib/micro-cases.js';
import { wsFile } from './ws-internals.js';

/** @typedef {{ text: string, size: number }} Params `text` is repeated up to about `size` bytes */

/** Keeps the compiler from leaving out work whose result nobody wants. */
export let sink;

/** @param {Params} params */
const repeat = ({ text, size }) => Buffer.from(text.repeat(Math.floor(size / Buffer.byteLength(text))));

export const tasks = {
  async halyard(/** @type {Params} */ params) {
    const { decodeText } = await import('../../dist/protocol/decode-text.js');
    const bytes = repeat(params);
    return { messages: 1, step: () => void (sink = decodeText(bytes, 0, bytes.length, false, true)) };
  },
  /** What it does before it hands out a Buffer, and what its listeners do with that. */
  ws(/** @type {Params} */ params) {
    const { isValidUTF8 } = wsFile('validation.js');
    const bytes = repeat(params);
    return { messages: 1, step: () => void (sink = isValidUTF8(bytes) && bytes.toString()) };
  },
};

const ascii = 'hoist the main sail and let fly ';
const latin = 'Großsegel dichtholen, Höhe läuft ';
const sparse = `${ascii.repeat(4)}é `;
const cyrillic = 'поднять грот и шкот ';
const chinese = '升起主帆，放松帆索。';
const emoji = 'ahoy ⛵ 🌊😀 ';

/** @type {import('../lib/micro-cases.js').MicroCase[]} */
const cases = [
  { name: 'ASCII of 125 B', params: { text: ascii, size: 125 } },
  { name: 'ASCII of 1 KiB', params: { text: ascii, size: 1024 } },
  { name: 'ASCII of 16 KiB', params: { text: ascii, size: 16_384 } },
  { name: 'German of 1 KiB', params: { text: latin, size: 1024 } },
  { name: 'German of 16 KiB', params: { text: latin, size: 16_384 } },
  { name: 'ASCII of 64 KiB with an é here and there', params: { text: sparse, size: 65_536 } },
  { name: 'Cyrillic of 125 B', params: { text: cyrillic, size: 125 }, quick: true },
  { name: 'Cyrillic of 1 KiB', params: { text: cyrillic, size: 1024 } },
  { name: 'Cyrillic of 4 KiB', params: { text: cyrillic, size: 4096 } },
  { name: 'Cyrillic of 64 KiB', params: { text: cyrillic, size: 65_536 } },
  { name: 'Chinese of 1 KiB', params: { text: chinese, size: 1024 } },
  { name: 'Chinese of 64 KiB', params: { text: chinese, size: 65_536 } },
  { name: 'Chinese of 1 MiB', params: { text: chinese, size: 1_048_576 } },
  { name: 'emoji of 1 KiB', params: { text: emoji, size: 1024 } },
  { name: 'emoji of 64 KiB', params: { text: emoji, size: 65_536 } },
];

/** @type {import('../lib/context.js').Bench} */
export const decode = {
  name: 'decode',
  about: 'text that arrived to a string, checked to be UTF-8, without all that is around it',
  unit: 'ns/message',
  run: (context) => runMicroCases(import.meta.url, cases, context),
};
