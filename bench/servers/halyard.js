import { once } from 'node:events';
import { WebSocketServer } from '../../dist/index.js';
import { PreparedMessage } from '../../dist/protocol/prepared-message.js';
import { deflateOptions } from './deflate-options.js';
import { serve } from './serve.js';

/** With this set, a broadcast is a plain loop over `send`, as code written for `ws` has it. */
const PLAIN = process.env.HALYARD_BENCH_PLAIN === '1';

serve(async ({ mode, count, deflate }) => {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: deflateOptions(deflate) });
  wss.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      const options = { binary: isBinary };
      if (mode === 'echo') socket.send(data, options);
      else if (mode === 'sends') for (let i = 0; i < count; i++) socket.send(data, options);
      else if (PLAIN) for (const member of wss.clients) member.send(data, options);
      else {
        const message = new PreparedMessage(isBinary ? data : data.toString());
        for (const member of wss.clients) member.send(message);
      }
    });
  });
  await once(wss, 'listening');
  return wss.address().port;
});
