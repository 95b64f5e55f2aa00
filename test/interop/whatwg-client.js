// @ts-check
/**
 * Exercises a WebSocket of the WHATWG interface against the server of interop-server.ts. Runs as it stands in a browser
 * and in Node, and returns what it saw as a value that JSON can hold.
 */

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1 << 20];

/** @param {WebSocket} socket @returns {Promise<void>} */
const opened = (socket) =>
  new Promise((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error(`no connection to ${socket.url}`));
  });

/** @param {WebSocket} socket @returns {Promise<any>} */
const nextMessage = (socket) =>
  new Promise((resolve) => {
    socket.onmessage = (event) => resolve(event.data);
  });

/** @param {WebSocket} socket @returns {Promise<[number, string, boolean]>} */
const nextClose = (socket) =>
  new Promise((resolve) => {
    socket.onclose = (event) => resolve([event.code, event.reason, event.wasClean]);
  });

/** @param {number} size */
function bytes(size) {
  const array = new Uint8Array(size);
  for (let i = 0; i < size; i++) array[i] = (i * 31) & 0xff;
  return array;
}

/** @param {ArrayBuffer} buffer @param {Uint8Array} expected */
function isSame(buffer, expected) {
  const array = new Uint8Array(buffer);
  return array.length === expected.length && expected.every((byte, i) => byte === array[i]);
}

/** @param {string} url @returns {Promise<Record<string, unknown>>} */
async function echoes(url) {
  const socket = new WebSocket(`${url}/echo`);
  socket.binaryType = 'arraybuffer';
  await opened(socket);
  const text = [];
  const binary = [];
  for (const size of SIZES) {
    const words = 'ahoy, Gruß, 错 '.repeat(Math.ceil(size / 12)).slice(0, size);
    const answer = nextMessage(socket);
    socket.send(words);
    text.push((await answer) === words);

    const data = bytes(size);
    const echo = nextMessage(socket);
    socket.send(data);
    binary.push(isSame(await echo, data));
  }
  const answer = nextMessage(socket);
  socket.send(new Blob(['from a ', 'Blob']));
  const blob = new TextDecoder().decode(await answer);
  const extensions = socket.extensions;
  const end = nextClose(socket);
  socket.close(4321, 'bye ✓');
  return { text, binary, blob, extensions, ownClose: await end };
}

/** @param {string} url */
async function fragments(url) {
  const socket = new WebSocket(`${url}/fragments?size=3`);
  await opened(socket);
  const answer = nextMessage(socket);
  socket.send('Gruß aus fünf Stücken');
  const text = await answer;
  socket.close();
  return text;
}

/** @param {string} url */
async function closeOf(url) {
  const socket = new WebSocket(url);
  return nextClose(socket);
}

/** @param {string} url */
async function firstMessage(url) {
  const socket = new WebSocket(url);
  const data = await nextMessage(socket);
  socket.close();
  return data;
}

/** @param {string} url @param {string[]} protocols */
async function subprotocol(url, protocols) {
  const socket = new WebSocket(`${url}/echo`, protocols);
  await opened(socket);
  socket.close(1000);
  await nextClose(socket);
  return socket.protocol;
}

/** @param {string} url of the server, without a path */
export async function exercise(url) {
  return {
    ...(await echoes(url)),
    fragments: await fragments(url),
    pong: await firstMessage(`${url}/ping?payload=p1`),
    subprotocol: await subprotocol(url, ['first', 'second']),
    codeAndReason: await closeOf(`${url}/close?code=4001&reason=${encodeURIComponent('go ✓')}`),
    code: await closeOf(`${url}/close?code=1001`),
    noCode: await closeOf(`${url}/close`),
    terminated: await closeOf(`${url}/terminate`),
  };
}
