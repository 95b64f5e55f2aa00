import nodeAdapter from 'crossws/adapters/node';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { listen, until } from './support.js';

async function start(hooks, options = {}) {
  const wss = new WebSocketServer({ noServer: true, ...options.server });
  const adapter = nodeAdapter({ wss, hooks, ...options.adapter });
  const server = createServer((_request, response) => response.end('page'));
  server.on('upgrade', (request, socket, head) => void adapter.handleUpgrade(request, socket, head));
  return { adapter, wss, url: `ws://127.0.0.1:${await listen(server)}` };
}

const next = async (ws) => (await once(ws, 'message'))[0].toString();

describe("crossws's adapter for Node", () => {
  it('calls its hooks with peers and messages', async () => {
    const calls = [];
    const { url } = await start({
      open: (peer) => {
        calls.push(['open', peer.remoteAddress, new URL(peer.request.url).pathname]);
        peer.send('welcome');
      },
      message: (peer, message) => peer.send(`heard ${message.text()}`),
      close: (_peer, details) => calls.push(['close', details.code, details.reason]),
      ping: (_peer, data) => calls.push(['ping', String(data)]),
    });
    const ws = new WebSocket(`${url}/room`);
    expect(await next(ws)).toBe('welcome');
    ws.ping('p');
    ws.send('text ✓');
    expect(await next(ws)).toBe('heard text ✓');
    ws.send(Buffer.from('bytes'));
    expect(await next(ws)).toBe('heard bytes');
    ws.close(4000, 'bye');
    await until(() => calls.length === 3);
    expect(calls).toEqual([
      ['open', '127.0.0.1', '/room'],
      ['ping', 'p'],
      ['close', 4000, 'bye'],
    ]);
  });

  it('publishes to those who subscribed', async () => {
    const { adapter, wss, url } = await start({
      open: (peer) => peer.subscribe('news'),
      message: (peer, message) => peer.publish('news', message.text()),
    });
    const clients = [new WebSocket(url), new WebSocket(url), new WebSocket(url)];
    await Promise.all(clients.map((ws) => once(ws, 'open')));
    await until(() => wss.clients.size === 3);
    const heard = Promise.all(clients.slice(1).map(next));
    let own = 0;
    clients[0].on('message', () => (own += 1));
    clients[0].send('to the others');
    expect(await heard).toEqual(['to the others', 'to the others']);
    const all = Promise.all(clients.map(next));
    adapter.publish('news', 'to all');
    expect(await all).toEqual(['to all', 'to all', 'to all']);
    expect(own).toBe(1);
    for (const ws of clients) ws.terminate();
  });

  it('refuses, and adds headers, in its upgrade hook', async () => {
    const { url } = await start({
      upgrade: (request) => {
        if (!request.headers.get('x-token')) return new Response('who are you', { status: 403 });
        return { headers: { 'x-greeting': 'hello', 'set-cookie': 'a=b' }, context: { user: 'ada' } };
      },
      open: (peer) => peer.send(`user ${peer.context.user}`),
    });
    const refused = new WebSocket(url);
    expect((await once(refused, 'error'))[0].message).toBe('Unexpected server response: 403');
    const ws = new WebSocket(url, { headers: { 'x-token': '1' } });
    const message = next(ws);
    const [response] = await once(ws, 'upgrade');
    expect([response.headers['x-greeting'], response.headers['set-cookie']]).toEqual(['hello', ['a=b']]);
    expect(await message).toBe('user ada');
    ws.terminate();
  });

  it('agrees on compression for each request', async () => {
    const { url } = await start({
      upgrade: (request) => ({
        perMessageDeflate: new URL(request.url).pathname === '/compressed' && { threshold: 0 },
      }),
      message: (peer, message) => peer.send(message.text()),
    });
    for (const [path, extensions] of [
      ['/compressed', 'permessage-deflate'],
      ['/plain', ''],
    ]) {
      const ws = new WebSocket(`${url}${path}`);
      await once(ws, 'open');
      expect(ws.extensions).toBe(extensions);
      const text = 'again and again '.repeat(500);
      ws.send(text);
      expect(await next(ws)).toBe(text);
      ws.terminate();
    }
  });

  it('ends the silent, and all', async () => {
    const { adapter, wss, url } = await start({}, { adapter: { idleTimeout: 0.05 } });
    const [silent, lively] = [new WebSocket(url, { autoPong: false }), new WebSocket(url)];
    await Promise.all([once(silent, 'open'), once(lively, 'open')]);
    expect((await once(silent, 'close'))[0]).toBe(1006);
    expect(lively.readyState).toBe(1);
    adapter.closeAll(4004, 'over');
    const [code, reason] = await once(lively, 'close');
    expect([code, String(reason)]).toEqual([4004, 'over']);
    await until(() => wss.clients.size === 0);
  });
});
