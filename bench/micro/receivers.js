/** Keeps the compiler from leaving out work whose result nobody wants. */
export let sink;

/**
 * What one chunk after another costs to be read, with messages as bytes or as strings.
 * @param {import('./chunks.js').Chunks} arrival
 * @param {(chunk: Buffer) => void} receive
 * @returns {import('../lib/micro-cases.js').Task}
 */
function feed(arrival, receive) {
  const next = walk(arrival);
  return {
    messages: arrival.perChunk,
    cycle: arrival.chunks.length,
    step: () => receive(next()),
    idle: walk(arrival),
  };
}

/** @param {import('./chunks.js').Chunks} arrival */
function walk({ chunks, originals }) {
  let i = 0;
  return () => {
    const chunk = chunks[i];
    originals?.[i].copy(chunk);
    if (++i === chunks.length) i = 0;
    return chunk;
  };
}

/** Text that is known to be ASCII is also Latin-1, which is decoded faster. */
const decodeText = (/** @type {any} */ bytes, /** @type {number} */ start, /** @type {number} */ end, isAscii) =>
  isAscii ? bytes.latin1Slice(start, end) : bytes.utf8Slice(start, end);

/** @param {import('./chunks.js').Chunks} arrival @param {{ role: 'server' | 'client', decode: boolean }} how */
export async function halyardReceiver(arrival, { role, decode }) {
  const { Connection, Outbox } = await import('../../dist/protocol/index.js');
  const handler = {
    message: decode
      ? (bytes, start, end, _, isAscii) => void (sink = decodeText(bytes, start, end, isAscii))
      : (bytes, start, end) => void (sink = bytes.subarray(start, end)),
    ping() {},
    pong() {},
    closing() {},
    error(error) {
      throw error;
    },
    end() {},
  };
  const connection = new Connection(role, new Outbox({ outboxFilled() {} }), handler);
  return feed(arrival, (chunk) => connection.reader.receive(chunk));
}

/** With the limits that WebSocketServer gives it. @param {import('./chunks.js').Chunks} arrival @param {{ role: 'server' | 'client', decode: boolean }} how */
export async function wsReceiver(arrival, { role, decode }) {
  const { Receiver } = await import('ws');
  const receiver = new Receiver({
    isServer: role === 'server',
    maxPayload: 100 * 1024 * 1024,
    maxFragments: 16 * 1024,
    maxBufferedChunks: 256 * 1024,
  });
  receiver.on('message', decode ? (data) => void (sink = data.toString()) : (data) => void (sink = data));
  receiver.on('error', (error) => {
    throw error;
  });
  return feed(arrival, (chunk) => receiver.write(chunk));
}
