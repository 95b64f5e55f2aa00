import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { serve, sleep, until } from './support.js';

let cable;
/** What the client needs of a browser: somebody who says when the page is looked at again. */
const surroundings = { addEventListener() {}, removeEventListener() {}, document: { visibilityState: 'visible' } };

beforeAll(async () => {
  Object.assign(globalThis, surroundings);
  cable = await import('@rails/actioncable/app/assets/javascripts/actioncable.esm.js');
});
afterAll(() => {
  for (const name of Object.keys(surroundings)) delete globalThis[name];
});
beforeEach(() => {
  cable.adapters.WebSocket = WebSocket;
  // Seconds: how long silence is endured, and about how long it takes to come back.
  cable.ConnectionMonitor.staleThreshold = 1;
});

/** The least that speaks the protocol: echoes what is performed, rejects one channel. */
async function start() {
  const pings = new Set();
  const { wss, url } = await serve({
    handleProtocols: (offered) => offered.has('actioncable-v1-json') && 'actioncable-v1-json',
  });
  onTestFinished(() => {
    for (const timer of pings) clearInterval(timer);
  });
  wss.commands = [];
  wss.on('connection', (ws) => {
    const send = (value) => ws.send(JSON.stringify(value));
    send({ type: 'welcome' });
    const timer = setInterval(() => send({ type: 'ping', message: Math.floor(Date.now() / 1000) }), 50);
    pings.add(timer);
    ws.on('close', () => clearInterval(timer));
    ws.on('message', (data) => {
      const { command, identifier, data: text } = JSON.parse(data);
      wss.commands.push(command);
      if (command === 'subscribe') {
        const type = JSON.parse(identifier).channel === 'Forbidden' ? 'reject_subscription' : 'confirm_subscription';
        send({ identifier, type });
      } else if (command === 'message') {
        send({ identifier, message: { heard: JSON.parse(text) } });
      }
    });
  });
  const consumer = cable.createConsumer(url);
  onTestFinished(() => consumer.disconnect());
  const subscribe = (channel) => {
    const calls = [];
    const note = (name) => (value) => calls.push([name, value]);
    const subscription = consumer.subscriptions.create(channel, {
      connected: note('connected'),
      disconnected: note('disconnected'),
      rejected: note('rejected'),
      received: note('received'),
    });
    return { subscription, calls };
  };
  return { wss, consumer, subscribe };
}

describe("Action Cable's client", () => {
  it('subscribes, performs and receives', async () => {
    const { wss, consumer, subscribe } = await start();
    const { subscription, calls } = subscribe({ channel: 'Chat', room: 1 });
    await until(() => calls.length === 1);
    expect(calls).toEqual([['connected', { reconnected: false }]]);
    expect(subscription.perform('speak', { text: 'hi ✓' })).toBe(true);
    await until(() => calls.length === 2);
    expect(calls[1]).toEqual(['received', { heard: { text: 'hi ✓', action: 'speak' } }]);
    expect(consumer.connection.getState()).toBe('open');
    expect(consumer.connection.getProtocol()).toBe('actioncable-v1-json');
    subscription.unsubscribe();
    await until(() => wss.commands.includes('unsubscribe'));
    expect(wss.commands).toEqual(['subscribe', 'message', 'unsubscribe']);
  });

  it('hears that it is rejected', async () => {
    const { subscribe } = await start();
    const { calls } = subscribe('Forbidden');
    await until(() => calls.length > 0);
    expect(calls).toEqual([['rejected', undefined]]);
  });

  it('comes back after a cut and subscribes again', async () => {
    const { wss, subscribe } = await start();
    const { subscription, calls } = subscribe('Chat');
    await until(() => calls.length === 1);
    for (const ws of wss.clients) ws.terminate();
    await until(() => calls.length === 3);
    expect(calls.map(([name, value]) => [name, value])).toEqual([
      ['connected', { reconnected: false }],
      ['disconnected', { willAttemptReconnect: true }],
      ['connected', { reconnected: true }],
    ]);
    subscription.send({ still: 'here' });
    await until(() => calls.length === 4);
    expect(calls[3]).toEqual(['received', { heard: { still: 'here' } }]);
  });

  it('comes back when the line is silent', async () => {
    cable.ConnectionMonitor.staleThreshold = 0.15;
    const { wss, subscribe } = await start();
    const { calls } = subscribe('Chat');
    await until(() => calls.length === 1);
    const [silent] = wss.clients;
    silent.removeAllListeners('message');
    silent.send = () => {};
    await until(() => calls.length === 3);
    expect(calls.at(-1)).toEqual(['connected', { reconnected: true }]);
  });

  it('stays away when the server says so', async () => {
    const { wss, consumer, subscribe } = await start();
    const { calls } = subscribe('Chat');
    await until(() => calls.length === 1);
    for (const ws of wss.clients) {
      ws.send(JSON.stringify({ type: 'disconnect', reason: 'unauthorized', reconnect: false }));
    }
    await until(() => calls.length === 2);
    expect(calls[1]).toEqual(['disconnected', { willAttemptReconnect: false }]);
    await sleep(400);
    expect([consumer.connection.isOpen(), wss.clients.size]).toEqual([false, 0]);
  });

  it('closes by itself', async () => {
    const { wss, consumer, subscribe } = await start();
    const { calls } = subscribe('Chat');
    await until(() => calls.length === 1);
    const [ws] = wss.clients;
    const code = new Promise((resolve) => ws.on('close', resolve));
    consumer.disconnect();
    expect(await code).toBe(1005);
  });
});
