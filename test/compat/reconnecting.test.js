import ReconnectingWebSocket from 'reconnecting-websocket';
import { createRequire } from 'node:module';
import { PartySocket, WebSocket as PartyWebSocket } from 'partysocket';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { serve, sleep, until } from './support.js';

const isomorphic = createRequire(import.meta.url)('isomorphic-ws');
const OPTIONS = { WebSocket, minReconnectionDelay: 5, maxReconnectionDelay: 20, minUptime: 5, connectionTimeout: 500 };

const classes = [
  ['reconnecting-websocket', (url, protocols) => new ReconnectingWebSocket(url, protocols, OPTIONS)],
  [
    'reconnecting-websocket on isomorphic-ws',
    (url, protocols) => new ReconnectingWebSocket(url, protocols, { ...OPTIONS, WebSocket: isomorphic }),
  ],
  ['partysocket/ws', (url, protocols) => new PartyWebSocket(url, protocols, OPTIONS)],
];

async function echoing(options) {
  const server = await serve(options);
  server.wss.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
  return server;
}

describe.each(classes)('%s', (_, create) => {
  it('sends what was sent before it was open, and hears text and bytes', async () => {
    const { url } = await echoing();
    const ws = create(url, ['chat']);
    onTestFinished(() => ws.close());
    ws.binaryType = 'arraybuffer';
    const heard = [];
    ws.addEventListener('message', ({ data }) => heard.push(data));
    ws.send('early');
    ws.send(new Uint8Array([1, 2]));
    await until(() => heard.length === 2);
    expect(heard[0]).toBe('early');
    expect([...new Uint8Array(heard[1])]).toEqual([1, 2]);
    expect([ws.readyState, ws.protocol, ws.bufferedAmount]).toEqual([1, 'chat', 0]);
  });

  it('comes back after a cut and after a close', async () => {
    const { wss, url } = await echoing();
    const ws = create(url);
    onTestFinished(() => ws.close());
    let opens = 0;
    const closes = [];
    ws.addEventListener('open', () => (opens += 1));
    ws.addEventListener('close', ({ code, reason }) => closes.push([code, reason]));
    await until(() => opens === 1);
    for (const peer of wss.clients) peer.terminate();
    await until(() => opens === 2);
    for (const peer of wss.clients) peer.close(1012, 'restart');
    await until(() => opens === 3);
    expect(closes.map(([code]) => code)).toEqual([1006, 1012]);
    expect(closes[1][1]).toBe('restart');
    const heard = [];
    ws.onmessage = ({ data }) => heard.push(data);
    ws.send('still here');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['still here']);
  });

  it('keeps trying while the server refuses, and tells of each error', async () => {
    let isRefused = true;
    const { url } = await echoing({ verifyClient: () => !isRefused });
    const ws = create(url);
    onTestFinished(() => ws.close());
    const errors = [];
    let opens = 0;
    ws.onerror = ({ message }) => errors.push(message);
    ws.onopen = () => (opens += 1);
    await until(() => errors.length >= 3);
    isRefused = false;
    await until(() => opens === 1);
    expect(new Set(errors)).toEqual(new Set(['Unexpected server response: 401']));
  });

  it('closes for good, with a code and a reason', async () => {
    const { wss, url } = await echoing();
    const ws = create(url);
    const end = new Promise((resolve) => {
      wss.on('connection', (peer) => peer.on('close', (code, reason) => resolve([code, String(reason)])));
    });
    await new Promise((resolve) => ws.addEventListener('open', resolve));
    ws.close(4000, 'enough');
    expect(await end).toEqual([4000, 'enough']);
    await sleep(50);
    expect(wss.clients.size).toBe(0);
  });
});

describe('PartySocket', () => {
  it('finds its room, and its server can broadcast', async () => {
    const { wss, port } = await serve();
    const rooms = [];
    wss.on('connection', (ws, request) => {
      rooms.push(request.url);
      ws.on('message', (data) => {
        for (const client of wss.clients) client.send(String(data));
      });
    });
    const join = () => new PartySocket({ host: `127.0.0.1:${port}`, room: 'lobby', party: 'main', ...OPTIONS });
    const sockets = [join(), join()];
    onTestFinished(() => sockets.forEach((ws) => ws.close()));
    const heard = sockets.map(
      (ws) => new Promise((resolve) => ws.addEventListener('message', ({ data }) => resolve(data))),
    );
    await until(() => wss.clients.size === 2);
    sockets[0].send('everyone');
    expect(await Promise.all(heard)).toEqual(['everyone', 'everyone']);
    expect(rooms.every((url) => url.startsWith('/parties/main/lobby?_pk='))).toBe(true);
  });
});
