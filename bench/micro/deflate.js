import { runMicroCases } from '../lib/micro-cases.js';
import { payload } from '../lib/payloads.js';
import { compressInTurn } from '../load/messages.js';

/**
 * @typedef {{ direction: 'deflate' | 'inflate', size: number, takeover: boolean }} Params
 * `takeover`: whether a message may refer to those before it
 */

/** Connections that take turns: one alone would find its window in the processor's cache every time. */
const CONNECTIONS = 50;
/** Distinct messages. */
const TURN = 64;

/**
 * @param {Params} params
 * @param {() => { deflate(message: Buffer): unknown, inflate(data: Buffer): unknown }} createCodec for one connection
 * @returns {Promise<import('../lib/micro-cases.js').Task>}
 */
async function inTurn({ direction, size, takeover }, createCodec) {
  const plain = Array.from({ length: TURN }, (_, i) => payload('json', size, i + 1));
  const messages = direction === 'deflate' ? plain : compressInTurn(plain, takeover ? 'context' : 'no context');
  const codecs = Array.from({ length: CONNECTIONS }, createCodec);
  // Each connection is one message ahead of the one before it: what comes fifty times in a row is learned by heart by the processor.
  const next = codecs.map(() => 0);
  const step = (/** @type {number} */ at) => codecs[at][direction](messages[next[at]++ % TURN]);
  for (let at = 0; at < CONNECTIONS; at++) while (next[at] < at) await step(at);
  let i = 0;
  return { messages: 1, step: () => step(i++ % CONNECTIONS) };
}

/** @param {(result: Buffer) => void} resolve @param {(error: Error) => void} reject */
const settle = (resolve, reject) => (/** @type {Error | null} */ error, /** @type {Buffer} */ result) =>
  error ? reject(error) : resolve(result);

export const tasks = {
  async halyard(/** @type {Params} */ params) {
    const { createPerMessageDeflate } = await import('../../dist/protocol/permessage-deflate.js');
    const agreed = {
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
      serverNoContextTakeover: !params.takeover,
      clientNoContextTakeover: !params.takeover,
    };
    return inTurn(params, () => {
      const { deflater, inflater } = createPerMessageDeflate('server', agreed);
      return { deflate: (message) => deflater.deflate(message), inflate: (data) => inflater.inflate(data) };
    });
  },
  async ws(/** @type {Params} */ params) {
    const { PerMessageDeflate } = await import('ws');
    const options = { serverNoContextTakeover: !params.takeover, clientNoContextTakeover: !params.takeover };
    return inTurn(params, () => {
      const codec = new PerMessageDeflate({ ...options, isServer: true });
      codec.accept([{}]);
      return {
        deflate: (message) => new Promise((resolve, reject) => codec.compress(message, true, settle(resolve, reject))),
        inflate: (data) => new Promise((resolve, reject) => codec.decompress(data, true, settle(resolve, reject))),
      };
    });
  },
};

const SIZES = [
  [128, '128 B'],
  [1024, '1 KiB'],
  [16_384, '16 KiB'],
];

/** @type {import('../lib/micro-cases.js').MicroCase[]} */
const cases = [true, false].flatMap((takeover) =>
  ['deflate', 'inflate'].flatMap((direction) =>
    SIZES.map(([size, written]) => ({
      name: `${direction} ${written} JSON, ${takeover ? 'with' : 'without'} context takeover`,
      params: { direction, size, takeover },
      variants: ['halyard', 'ws'],
      quick: size === 1024 && !takeover,
    })),
  ),
);

/** @type {import('../lib/context.js').Bench} */
export const deflate = {
  name: 'deflate',
  about: `permessage-deflate of ${CONNECTIONS} connections in turn, one message at a time`,
  unit: 'ns/message',
  run: (context) => runMicroCases(import.meta.url, cases, context),
};
