import { clients, startClient } from '../clients/index.js';
import { interleave } from '../lib/interleave.js';
import { runCases } from '../lib/run-cases.js';
import { startLoad } from '../lib/socket-cases.js';

const small = { ws: [2, 3.5] };
const large = { ws: [1.2, 2] };

/** @type {(import('../lib/run-cases.js').Case & { size: number })[]} */
const cases = [
  { name: 'receive text of 125 B', size: 125, quick: true, goals: small },
  { name: 'receive text of 1 KiB', size: 1024, goals: small },
  { name: 'receive text of 64 KiB', size: 65_536, goals: large },
  { name: 'receive text of 1 MiB', size: 1_048_576, goals: large },
].map((one) => ({ variants: Object.keys(clients), ...one }));

/** @param {readonly string[]} variants @param {number} size @param {import('../lib/settings.js').Settings} settings */
async function runCase(variants, size, { rounds, start, duration }) {
  const load = startLoad();
  /** @type {Map<string, ReturnType<typeof startClient>>} */
  const started = new Map();
  try {
    const { port, count } = await load.ask('flood', { kind: 'text', size });
    for (const variant of variants) {
      const client = startClient(variant);
      started.set(variant, client);
      await client.ask('connect', { port });
      await client.ask('receive', { count, size, duration: start });
    }
    return await interleave(variants, rounds, (variant) =>
      started.get(variant).ask('receive', { count, size, duration }),
    );
  } finally {
    await Promise.all([load, ...started.values()].map((child) => child.stop()));
  }
}

/** @type {import('../lib/context.js').Bench} */
export const receive = {
  name: 'receive',
  about: 'a client that is flooded with text and reads it as strings; CPU of the client',
  unit: 'µs/message',
  run: (context) =>
    runCases(
      cases,
      context,
      (variant) => clients[variant].isAvailable(),
      ({ size }, variants) => runCase(variants, size, context.settings),
    ),
};
