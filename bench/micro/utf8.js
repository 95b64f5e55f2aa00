import { runMicroCases } from '../lib/micro-cases.js';
import { payload } from '../lib/payloads.js';
import { wsFile } from './ws-internals.js';

/** @typedef {{ kind: 'text' | 'unicode', size: number, piece: number }} Params `piece`: bytes that arrive at a time */

/** Keeps the compiler from leaving out work whose result nobody wants. */
export let sink;

export const tasks = {
  /** Checks every piece as it arrives. */
  async halyard(/** @type {Params} */ { kind, size, piece }) {
    const { Utf8Validator } = await import('../../dist/protocol/index.js');
    const bytes = payload(kind, size);
    const validator = new Utf8Validator();
    return {
      messages: 1,
      step() {
        for (let at = 0; at < size; at += piece) sink = validator.push(bytes, at, Math.min(at + piece, size));
        sink = validator.complete;
        validator.reset();
      },
    };
  },
  /** Waits for the end and checks the whole. */
  ws(/** @type {Params} */ { kind, size }) {
    const { isValidUTF8 } = wsFile('validation.js');
    const bytes = payload(kind, size);
    return { messages: 1, step: () => void (sink = isValidUTF8(bytes)) };
  },
};

/** @type {import('../lib/micro-cases.js').MicroCase[]} */
const cases = [
  { name: 'ASCII 1 KiB, whole', params: { kind: 'text', size: 1024, piece: 1024 } },
  { name: 'non-ASCII 1 KiB, whole', params: { kind: 'unicode', size: 1024, piece: 1024 } },
  { name: 'non-ASCII 1 KiB in 8 pieces', params: { kind: 'unicode', size: 1024, piece: 125 }, quick: true },
  { name: 'non-ASCII 64 KiB in pieces of 1,400 B', params: { kind: 'unicode', size: 65_536, piece: 1400 } },
];

/** @type {import('../lib/context.js').Bench} */
export const utf8 = {
  name: 'utf8',
  about: 'is it UTF-8: piece by piece as it arrives against once at the end, which is later and cheaper',
  unit: 'ns/message',
  run: (context) => runMicroCases(import.meta.url, cases, context),
};
