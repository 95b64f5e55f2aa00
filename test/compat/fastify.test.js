import fastifyWebsocket from '@fastify/websocket';
import fastify from 'fastify';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';

async function start({ options, preHandler } = {}) {
  const app = fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  await app.register(fastifyWebsocket, options ? { options } : {});
  app.register(async (scope) => {
    scope.get('/echo', { websocket: true, ...(preHandler && { preHandler }) }, (socket, request) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      if (request.query.hello) socket.send(`hello ${request.query.hello}`);
    });
    scope.get('/broadcast', { websocket: true }, (socket) => {
      socket.on('message', (data) => {
        for (const client of app.websocketServer.clients) {
          if (client.readyState === WebSocket.OPEN) client.send(String(data));
        }
      });
    });
    scope.get('/fails', { websocket: true }, async () => {
      throw new Error('in the handler');
    });
    scope.get('/both', {
      handler: (_request, reply) => reply.send('page'),
      wsHandler: (socket) => socket.send('socket'),
    });
  });
  await app.ready();
  return app;
}

const next = async (ws) => (await once(ws, 'message'))[0].toString();

describe('@fastify/websocket', () => {
  it('echoes through injectWS, without a socket', async () => {
    const app = await start();
    const ws = await app.injectWS('/echo');
    expect(ws).toBeInstanceOf(WebSocket);
    ws.send('text ✓');
    expect(await next(ws)).toBe('text ✓');
    const large = Buffer.alloc(300_000, 9);
    ws.send(large);
    const [data, isBinary] = await once(ws, 'message');
    expect([data.equals(large), isBinary]).toEqual([true, true]);
    ws.close(4001, 'bye');
    expect((await once(ws, 'close')).map(String)).toEqual(['4001', 'bye']);
  });

  it('hears what the handler sends at once, through injectWS', async () => {
    const app = await start();
    let first;
    const ws = await app.injectWS(
      '/echo?hello=ada',
      {},
      {
        onInit: (client) => {
          first = once(client, 'message');
        },
      },
    );
    expect(String((await first)[0])).toBe('hello ada');
    ws.terminate();
  });

  it('runs hooks before the upgrade, which may refuse', async () => {
    const app = await start({
      preHandler: async (request, reply) => {
        if (request.headers['x-token'] !== 'right') await reply.code(401).send();
      },
    });
    await expect(app.injectWS('/echo')).rejects.toThrow('Unexpected server response: 401');
    const ws = await app.injectWS('/echo', { headers: { 'x-token': 'right' } });
    ws.send('in');
    expect(await next(ws)).toBe('in');
    ws.terminate();
  });

  it.each([
    ['plain', undefined],
    ['compressed', { perMessageDeflate: { threshold: 0 } }],
  ])('serves and broadcasts on a port, %s', async (_, options) => {
    const app = await start({ options });
    const address = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws');
    const clients = [new WebSocket(`${address}/broadcast`), new WebSocket(`${address}/broadcast`)];
    await Promise.all(clients.map((ws) => once(ws, 'open')));
    expect(clients[0].extensions).toBe(options ? 'permessage-deflate' : '');
    const heard = Promise.all(clients.map(next));
    clients[0].send('to all');
    expect(await heard).toEqual(['to all', 'to all']);
    const codes = Promise.all(clients.map((ws) => once(ws, 'close')));
    await app.close();
    expect((await codes).map(([code]) => code)).toEqual([1005, 1005]);
  });

  it('answers 404 where there is no route, and serves pages beside sockets', async () => {
    const app = await start();
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await (await fetch(`${address}/both`)).text()).toBe('page');
    const ws = new WebSocket(`${address.replace('http', 'ws')}/both`);
    expect(await next(ws)).toBe('socket');
    ws.close();
    const lost = new WebSocket(`${address.replace('http', 'ws')}/nowhere`);
    const [error] = await once(lost, 'error');
    expect(error.message).toBe('Unexpected server response: 404');
  });

  it('terminates the socket of a handler that throws', async () => {
    const app = await start();
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const [code] = await once(new WebSocket(`${address.replace('http', 'ws')}/fails`), 'close');
    expect(code).toBe(1006);
  });

  it('takes maxPayload from the options', async () => {
    const app = await start({ options: { maxPayload: 100 } });
    const ws = await app.injectWS('/echo');
    ws.send('x'.repeat(101));
    const [code] = await once(ws, 'close');
    expect(code).toBe(1009);
  });
});
