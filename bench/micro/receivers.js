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
  const nextIdle = walk(arrival);
  return {
    messages: arrival.perChunk,
    cycle: arrival.chunks.length,
    step: () => receive(next()),
    // Nothing comes back, as from `receive`: to see that a chunk is no promise would be taken for the bench's own doing.
    idle: () => void nextIdle(),
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

/**
 * Strings are handed out as its sockets hand them to listeners of `onmessage` and `addEventListener`: decoded by itself,
 * from where they lie. A Buffer is what `on('message')` gets: kept by the reader, as its sockets keep it.
 * @param {import('./chunks.js').Chunks} arrival @param {{ role: 'server' | 'client', decode: boolean }} how
 */
export async function halyardReceiver(arrival, { role, decode }) {
  const { Connection, FrameWriter } = await import('../../dist/protocol/index.js');
  const handler = {
    message: (bytes, start, end) => void (sink = connection.reader.keep(bytes, start, end)),
    wantsString: () => decode,
    text: (text) => void (sink = text),
    ping() {},
    pong() {},
    closing() {},
    error(error) {
      throw error;
    },
    end() {},
  };
  const connection = new Connection(new FrameWriter(role), handler);
  return feed(arrival, (chunk) => connection.reader.receive(chunk));
}

/**
 * With the limits that WebSocketServer gives it. Strings are what its listeners of either kind make of the Buffer.
 * @param {import('./chunks.js').Chunks} arrival @param {{ role: 'server' | 'client', decode: boolean }} how
 */
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
