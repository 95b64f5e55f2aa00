import { getEventListeners, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { ReconnectingWebSocket, WebSocketClient, WebSocketServer } from '../../src/index.ts';

afterEach(() => void vi.unstubAllGlobals());

it('dials with WebSocketClient by default, whatever the platform has, and with another class if it is given', async () => {
  vi.stubGlobal('WebSocket', function platform() {
    throw new Error("the platform's own was used");
  });
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(wss, 'listening');
  wss.on('connection', (ws, request) => ws.send(request.headers['x-class'] ?? 'default'));
  const url = `ws://127.0.0.1:${(wss.address() as AddressInfo).port}/`;
  class Named extends WebSocketClient {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols, { headers: { 'X-Class': 'mine' } });
    }
  }
  const heard: unknown[] = [];
  for (const options of [undefined, {}, { WebSocket: Named as never }]) {
    const client = new ReconnectingWebSocket(url, options);
    const { data } = await new Promise<{ data: unknown }>((resolve) => client.addEventListener('message', resolve));
    heard.push(data);
    client.close();
  }
  await new Promise((resolve) => wss.close(resolve));
  expect(heard).toEqual(['default', 'default', 'mine']);
});

it('listens to the page that it is in, where there is one, until its end', async () => {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', document);
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
  const listeners = (): number[] => [
    getEventListeners(window, 'online').length,
    getEventListeners(document, 'visibilitychange').length,
  ];
  const client = new ReconnectingWebSocket(() => new Promise<string>(() => {}));
  expect(listeners()).toEqual([1, 1]);
  client.close();
  expect(listeners()).toEqual([0, 0]);
});
