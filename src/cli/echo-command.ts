import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from '../server/websocket-server.ts';
import { parseOptions, parsePort, urlOf } from './options.ts';
import { untilSignal } from './until-signal.ts';

const HELP = `Usage: halyard echo [options]

Serves a WebSocket that sends back every message.

  -p, --port <number>   where to listen (PORT, default 8080; 0: any free port)
      --host <address>  on which address (HOST, default: all)
  -h, --help
`;

/** `halyard echo`: runs until SIGTERM or SIGINT. */
export async function runEcho(args: readonly string[]): Promise<void> {
  const { values } = parseOptions({
    args: [...args],
    options: {
      port: { type: 'string', short: 'p' },
      host: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const port = parsePort(values.port ?? (process.env['PORT'] || '8080'));
  const host = (values.host ?? process.env['HOST']) || undefined;
  const server = new WebSocketServer({ port, ...(host !== undefined && { host }) });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      // Who does not read its echoes is not read from either.
      if (!socket.send(data, { binary: isBinary })) socket.pause();
    });
    socket.on('drain', () => socket.resume());
  });
  await once(server, 'listening');
  process.stdout.write(`The echo is at ${urlOf('ws', host, (server.address() as AddressInfo).port)}\n`);

  await untilSignal();
  const closed = once(server, 'close');
  server.close();
  for (const socket of server.clients) socket.close(1001);
  setTimeout(() => {
    for (const socket of server.clients) socket.terminate();
  }, 3_000).unref();
  await closed;
}
