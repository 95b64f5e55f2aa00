import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PerMessageDeflateOptions, WebSocket } from 'ws';
import { halyard } from './implementations.ts';

export interface InteropServer extends AsyncDisposable {
  /** `ws://127.0.0.1:port`; the path says what the server does, see below. */
  readonly url: string;
  /** The same place for `fetch` and for a browser, which gets an empty page there. */
  readonly page: string;
}

type Behaviour = (socket: WebSocket, parameters: URLSearchParams, request: IncomingMessage) => void;
/** What a peer finds at a path; parameters come in the query. */
const behaviours: Record<string, Behaviour> = {
  /** Every message comes back as it came. */
  '/echo': (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  },
  /** Every message comes back as fragments of at most `size` units, with a ping before the second one. */
  '/fragments': (socket, parameters) => {
    const size = Number(parameters.get('size'));
    socket.on('message', (data: Buffer, isBinary) => {
      for (let from = 0; from === 0 || from < data.length; from += size) {
        if (from === size) socket.ping('in between');
        socket.send(data.subarray(from, from + size), { binary: isBinary, fin: from + size >= data.length });
      }
    });
  },
  /** Closes with `code` and `reason`, or without both. */
  '/close': (socket, parameters) => {
    if (parameters.has('code')) socket.close(Number(parameters.get('code')), parameters.get('reason') ?? '');
    else socket.close();
  },
  /** Cuts the line. */
  '/terminate': (socket) => socket.terminate(),
  /** Pings with `payload`, and says as text what the pong carried. */
  '/ping': (socket, parameters) => {
    socket.on('pong', (payload) => socket.send(payload.toString()));
    socket.ping(parameters.get('payload') ?? '');
  },
  /** Says as text what the handshake's header called `name` was. */
  '/header': (socket, parameters, request) => {
    socket.send(String(request.headers[parameters.get('name') ?? '']));
  },
};

/** What a server's socket heard when it was closed. */
export type ClosedWith = readonly [code: number, reason: string];

/** A Halyard server for peers of any make; `/closed` over HTTP tells as JSON how sockets were closed, oldest first. */
export async function startInteropServer(deflate: PerMessageDeflateOptions | boolean = false): Promise<InteropServer> {
  const closed: ClosedWith[] = [];
  const http = createServer((request, response) => {
    if (request.url === '/closed') response.end(JSON.stringify(closed));
    else response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>interop</title>');
  });
  const server = new halyard.Server({
    server: http,
    perMessageDeflate: deflate,
    handleProtocols: (offered) => (offered.has('second') ? 'second' : false),
  });
  server.on('connection', (socket, request: IncomingMessage) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'ws://127.0.0.1');
    socket.on('close', (code, reason) => closed.push([code, reason.toString()]));
    behaviours[pathname]?.(socket, searchParams, request);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    page: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
}
