import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { listen, sleep, until } from './support.js';

async function start(options = {}) {
  const broker = await Aedes.createBroker();
  const server = createServer();
  const wss = new WebSocketServer({ server, ...options });
  wss.on('connection', (ws, request) => {
    const stream = createWebSocketStream(ws);
    stream.on('error', () => {});
    broker.handle(stream, request);
  });
  const port = await listen(server);
  onTestFinished(() => new Promise((resolve) => broker.close(resolve)));
  const connect = async (clientOptions = {}) => {
    const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 10, ...clientOptions });
    onTestFinished(() => client.endAsync(true));
    client.heard = [];
    client.on('message', (topic, payload) => client.heard.push([topic, payload.toString()]));
    return client;
  };
  return { broker, wss, connect };
}

describe('mqtt on aedes', () => {
  it.each([0, 1, 2])('delivers in order with QoS %d', async (qos) => {
    const { wss, connect } = await start();
    const [from, to] = await Promise.all([connect(), connect()]);
    await to.subscribeAsync('a/+/c', { qos });
    for (let i = 0; i < 50; i++) await from.publishAsync('a/b/c', String(i), { qos });
    await from.publishAsync('a/b/d', 'not for you', { qos });
    await until(() => to.heard.length === 50);
    expect(to.heard.map(([, payload]) => Number(payload))).toEqual(Array.from({ length: 50 }, (_unused, i) => i));
    for (const ws of wss.clients) expect(ws.protocol).toBe('mqtt');
  });

  it.each([
    ['plain', {}],
    ['compressed', { perMessageDeflate: { threshold: 0 } }],
  ])('carries large payloads, %s', async (_, options) => {
    const { connect } = await start(options);
    const client = await connect();
    await client.subscribeAsync('large');
    const large = Buffer.alloc(2_000_000, 'large');
    const message = once(client, 'message');
    client.publish('large', large);
    expect((await message)[1].equals(large)).toBe(true);
  });

  it('keeps retained messages, and forgets who left', async () => {
    const { wss, connect } = await start();
    const from = await connect();
    await from.publishAsync('status', 'up', { retain: true, qos: 1 });
    await from.endAsync();
    await until(() => wss.clients.size === 0);
    const to = await connect();
    await to.subscribeAsync('status');
    await until(() => to.heard.length === 1);
    expect(to.heard).toEqual([['status', 'up']]);
  });

  it('tells the will of a client that was cut off, which comes back', async () => {
    const { broker, wss, connect } = await start();
    const watcher = await connect();
    await watcher.subscribeAsync('wills');
    const [before] = wss.clients;
    const cut = await connect({ clientId: 'mortal', will: { topic: 'wills', payload: Buffer.from('gone'), qos: 0 } });
    await cut.subscribeAsync('news', { qos: 1 });
    let connections = 0;
    broker.on('client', () => (connections += 1));
    for (const ws of wss.clients) if (ws !== before) ws.terminate();
    await until(() => watcher.heard.length === 1 && connections === 1 && cut.connected);
    expect(watcher.heard).toEqual([['wills', 'gone']]);
    while (cut.heard.length === 0) {
      await watcher.publishAsync('news', 'welcome back', { qos: 1 });
      await sleep(10);
    }
    expect(cut.heard[0]).toEqual(['news', 'welcome back']);
  });

  it('finds silent peers by keepalive', async () => {
    const { wss, connect } = await start();
    const client = await connect({ keepalive: 1, reconnectPeriod: 0 });
    // Whichever side notices first.
    client.on('error', () => {});
    for (const ws of wss.clients) ws.pause();
    await until(() => !client.connected);
    expect(client.connected).toBe(false);
  });
});
