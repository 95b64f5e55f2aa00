// The load, in a process of its own. It sends what was built beforehand and counts what comes back.
import { answer } from '../lib/answer.js';
import { usage } from '../lib/usage.js';
import { broadcast } from './broadcast.js';
import { chat } from './chat.js';
import { openMany } from './connection.js';
import { conversation } from './conversation.js';
import { echo } from './echo.js';
import { flood } from './flood.js';
import { handshakes } from './handshakes.js';
import { post } from './post.js';
import { room } from './room.js';
import { verifyEcho } from './verify.js';

/** @type {import('./connection.js').Connection[]} */
let connections = [];

answer({
  usage,
  verifyEcho,
  handshakes,
  flood,
  chat: (run) => chat(connections, run),
  async open({ count, ...options }) {
    connections = await openMany(count, options);
  },
  echo: (run) => echo(connections, run),
  broadcast: (run) => broadcast(connections, run),
  conversation: (run) => conversation(connections, run),
  post: (run) => post(connections, run),
  room: (run) => room(connections, run),
  /** By RST: ten thousand connections that wait for their last packet would be in the next round's way. */
  close() {
    for (const { socket } of connections) socket.removeAllListeners('close').resetAndDestroy();
    connections = [];
  },
});
