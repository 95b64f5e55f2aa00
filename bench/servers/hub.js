// A broadcast as the hub does it: every connection joins one channel, every message is published there.
import { once } from 'node:events';
import { WebSocketServer } from '../../dist/index.js';
import { Hub, MemoryBackplane, MemoryLog } from '../../dist/pubsub/index.js';
import { deflateOptions } from './deflate-options.js';
import { serve } from './serve.js';

/** With this set, messages go through a log, as those of the chat do. */
const LOG = process.env.HALYARD_BENCH_LOG === '1';
const CHANNEL = 'room';

serve(async ({ deflate }) => {
  const backplane = new MemoryBackplane();
  const hub = new Hub({ backplane, ...(LOG && { log: new MemoryLog({ backplane }) }) });
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: deflateOptions(deflate) });
  wss.on('connection', (socket) => {
    void hub.join(socket, CHANNEL);
    socket.on('message', (data, isBinary) => void hub.publish(CHANNEL, isBinary ? data : data.toString()));
  });
  await once(wss, 'listening');
  return wss.address().port;
});
