import express from 'express';
import expressWs from 'express-ws';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { listen } from './support.js';

async function start(configure) {
  const app = express();
  const server = createServer(app);
  const instance = expressWs(app, server);
  configure(app, instance);
  return `ws://127.0.0.1:${await listen(server)}`;
}

const next = async (ws) => (await once(ws, 'message'))[0].toString();

describe('express-ws', () => {
  it('routes to handlers, with parameters, beside pages', async () => {
    const url = await start((app) => {
      app.ws('/rooms/:room', (ws, request) => {
        ws.send(`welcome to ${request.params.room}`);
        ws.on('message', (data) => ws.send(`${request.params.room}: ${data}`));
      });
      app.get('/page', (_request, response) => response.send('page'));
    });
    const ws = new WebSocket(`${url}/rooms/blue?x=1`);
    expect(await next(ws)).toBe('welcome to blue');
    ws.send('hi');
    expect(await next(ws)).toBe('blue: hi');
    ws.close(1000);
    expect((await once(ws, 'close'))[0]).toBe(1000);
    expect(await (await fetch(`${url.replace('ws', 'http')}/page`)).text()).toBe('page');
  });

  it('runs middleware first', async () => {
    const url = await start((app) => {
      app.use((request, _response, next_) => {
        request.user = request.headers['x-user'];
        next_();
      });
      app.ws('/who', (ws, request) => ws.send(String(request.user)));
    });
    expect(await next(new WebSocket(`${url}/who`, { headers: { 'X-User': 'ada' } }))).toBe('ada');
  });

  it('works on routers and broadcasts to getWss().clients', async () => {
    const url = await start((app, { applyTo, getWss }) => {
      const router = express.Router();
      applyTo(router);
      router.ws('/all', (ws) => {
        ws.on('message', (data, isBinary) => {
          for (const client of getWss().clients) client.send(data, { binary: isBinary });
        });
      });
      app.use('/chat', router);
    });
    const clients = [new WebSocket(`${url}/chat/all`), new WebSocket(`${url}/chat/all`)];
    await Promise.all(clients.map((ws) => once(ws, 'open')));
    const heard = Promise.all(clients.map(next));
    clients[1].send('all of you');
    expect(await heard).toEqual(['all of you', 'all of you']);
    for (const ws of clients) ws.terminate();
  });

  it('closes a socket that no route wants', async () => {
    const url = await start(() => {});
    const ws = new WebSocket(`${url}/nowhere`);
    const [code] = await once(ws, 'close');
    expect(code).not.toBe(1000);
  });
});
