import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect as netConnect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { halyard } from './implementations.ts';
import { ask, closed, connectRaw, dial, errorOf, listen, listenOn, RawPeer, REQUEST, tick } from './support.ts';

const MASK = '00 00 00 00';

/** The status of the answer to these lines, or to whatever else is written. */
async function statusOf(port: number, ...lines: readonly string[]): Promise<{ status: number; text: string }> {
  const socket = netConnect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const raw = new RawPeer(socket);
  let text = '';
  while (!text.includes('\r\n\r\n')) text += Buffer.from(await raw.read(1), 'hex').toString('latin1');
  return { status: Number(text.split(' ')[1]), text };
}

describe('where Halyard is stricter than ws', () => {
  it.each([
    ['text that can no longer become UTF-8, in a frame that has not ended', `81 fe 10 00 ${MASK} 61 ff`, '03ef'],
    ['text that can no longer become UTF-8, in a message that has not ended', `01 81 ${MASK} ff`, '03ef'],
    ['a 16-bit length for 125 bytes', `82 fe 00 7d ${MASK}`, '03ea'],
    ['a 64-bit length for 65535 bytes', `82 ff 00 00 00 00 00 00 ff ff ${MASK}`, '03ea'],
    ['a 64-bit length with its top bit set', `82 ff 80 00 00 00 00 00 00 00 ${MASK}`, '03ea'],
  ])('%s ends the connection at once', async (_case, bytes, status) => {
    const { ws, raw } = await connectRaw(halyard);
    const error = errorOf(ws);
    raw.write(bytes);
    await error;
    expect(await raw.readAll()).toBe(`8802${status}`);
  });

  it.each(['12', '013', '0xd', '13, 8', '1e1'])(
    'version %s is answered with 426 and the right ones',
    async (version) => {
      const { port } = await listen(halyard);
      const { status, headers } = await ask(port, { 'Sec-WebSocket-Version': version });
      expect([status, headers['sec-websocket-version']]).toEqual([426, '13, 8']);
    },
  );

  it.each<[string, string[]]>([
    ['no Host', REQUEST.filter((line) => !line.startsWith('Host'))],
    ['HTTP/1.0', ['GET / HTTP/1.0', ...REQUEST.slice(1)]],
    ['two Hosts', [...REQUEST, 'Host: other.example']],
    ['a body', [...REQUEST, 'Content-Length: 3']],
    ['a body in chunks', [...REQUEST, 'Transfer-Encoding: chunked']],
  ])('a request with %s is answered with 400', async (_case, lines) => {
    const { wss, port } = await listen(halyard);
    let connections = 0;
    wss.on('connection', () => (connections += 1));
    expect((await statusOf(port, ...lines)).status).toBe(400);
    expect(connections).toBe(0);
  });

  it('a POST is told of GET', async () => {
    const { port } = await listen(halyard);
    const { status, headers } = await ask(port, {}, { method: 'POST' });
    expect([status, headers.allow]).toEqual([405, 'GET']);
  });

  it.each([
    'permessage-deflate; foo',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'constructor; a',
  ])('the offer %s is declined, not the request', async (offer) => {
    const { port } = await listen(halyard, { perMessageDeflate: true });
    const declined = await ask(port, { 'Sec-WebSocket-Extensions': offer });
    expect(declined.status).toBe(101);
    expect(declined.headers).not.toHaveProperty('sec-websocket-extensions');
    const second = await ask(port, { 'Sec-WebSocket-Extensions': `${offer}, permessage-deflate` });
    expect(second.headers['sec-websocket-extensions']).toBe('permessage-deflate');
  });

  it('Proxy-Authorization is not shown to another host', async () => {
    const { wss, url } = await listen(halyard);
    const connection = once(wss, 'connection') as Promise<[unknown, IncomingMessage]>;
    const server = createServer();
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\n\r\n`));
    const from = `ws://127.0.0.1:${await listenOn(server)}/`;
    const options = { followRedirects: true, headers: { 'Proxy-Authorization': 'secret', 'X-Mine': '1' } };
    await once(dial(halyard, from, [], options), 'open');
    const { headers } = (await connection)[1];
    expect(headers).not.toHaveProperty('proxy-authorization');
    expect(headers['x-mine']).toBe('1');
  });

  it("an 'error' of a server's socket that nobody listens to reaches the server, and the process lives", async () => {
    const { wss, ws, raw } = await connectRaw(halyard);
    const heard = new Promise<unknown[]>((resolve) => wss.on('socketError', (...args: unknown[]) => resolve(args)));
    const end = closed(ws);
    raw.write('ff ff');
    const [error, socket] = await heard;
    expect(error).toBeInstanceOf(Error);
    expect(socket).toBe(ws);
    expect(await end).toEqual([1006, '']);
  });

  it("an 'error' of a client that nobody listens to is thrown, as everywhere", () => {
    const ws = new halyard.WebSocket(null as never, undefined, {});
    expect(() => ws.emit('error', new Error('unheard'))).toThrow('unheard');
  });

  it('takes 131,072 fragments of one message', async () => {
    const { ws, raw } = await connectRaw(halyard);
    const message = once(ws, 'message') as Promise<[Buffer]>;
    const part = Buffer.from('00 81 00 00 00 00 61'.replaceAll(' ', ''), 'hex');
    raw.write(`01 81 ${MASK} 61`);
    raw.socket.write(Buffer.concat(Array.from({ length: 65_536 }, () => part)));
    raw.write(`80 80 ${MASK}`);
    expect((await message)[0].length).toBe(65_537);
  });
});

describe('the answer of a Halyard server', () => {
  it('accepts as RFC 6455 §4.2.2 says, for any key', async () => {
    const { port } = await listen(halyard);
    for (let i = 0; i < 20; i++) {
      const key = Buffer.alloc(16, i).toString('base64');
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const { headers } = await ask(port, { 'Sec-WebSocket-Key': key });
      expect(headers['sec-websocket-accept']).toBe(accept);
      await tick();
    }
  });
});
