// Runs in Bun, not in Node.
import { serve } from './serve.js';

const LIMIT = 2 ** 27;

serve(async ({ mode, count, deflate }) => {
  const compress = deflate !== undefined;
  const codec = deflate === 'context' ? { compress: 'dedicated', decompress: 'dedicated' } : compress;
  const server = globalThis.Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('', { status: 400 })),
    websocket: {
      perMessageDeflate: codec,
      maxPayloadLength: LIMIT,
      backpressureLimit: LIMIT,
      open: (socket) => socket.subscribe('all'),
      message(socket, data) {
        if (mode === 'echo') socket.send(data, compress);
        else if (mode === 'sends') for (let i = 0; i < count; i++) socket.send(data, compress);
        else server.publish('all', data, compress);
      },
    },
  });
  return server.port;
});
