import { Socket } from 'phoenix';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { serve, until } from './support.js';

/** The answer to what is pushed. */
const push = (channel, event, payload) =>
  new Promise((resolve, reject) => {
    channel.push(event, payload).receive('ok', resolve).receive('error', reject);
  });

/** The least that speaks version 2 of the protocol of Phoenix channels. */
async function start(options = {}) {
  const { wss, url } = await serve(options.server);
  const topics = [];
  wss.on('connection', (ws, request) => {
    ws.seen = request.url;
    ws.on('message', (data, isBinary) => {
      if (isBinary) {
        // 0 push, lengths of join_ref, ref, topic and event, then these and the payload.
        const [, join, ref, topic, event] = data;
        const at = 5 + join + ref;
        ws.send(
          JSON.stringify([
            data.toString('utf8', 5, 5 + join),
            data.toString('utf8', 5 + join, at),
            data.toString('utf8', at, at + topic),
            'phx_reply',
            {
              status: 'ok',
              response: {
                event: data.toString('utf8', at + topic, at + topic + event),
                size: data.length - at - topic - event,
              },
            },
          ]),
        );
        // 2 broadcast, lengths of topic and event.
        ws.send(
          Buffer.concat([
            Buffer.from([2, topic, 5]),
            data.subarray(at, at + topic),
            Buffer.from('bytes'),
            Buffer.from([1, 2, 3]),
          ]),
        );
        return;
      }
      const [joinRef, ref, topic, event, payload] = JSON.parse(data);
      const reply = (status, response) =>
        ws.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status, response }]));
      if (event === 'phx_join') topics.push(topic);
      if (topic === 'room:secret') reply('error', { reason: 'not you' });
      else if (event === 'shout') {
        for (const client of wss.clients) client.send(JSON.stringify([null, null, topic, 'shouted', payload]));
        reply('ok', {});
      } else reply('ok', { event });
    });
  });
  const socket = new Socket(`${url}socket`, {
    transport: WebSocket,
    params: { token: 'a b' },
    heartbeatIntervalMs: 5_000,
    reconnectAfterMs: () => 10,
    rejoinAfterMs: () => 10,
    ...options.socket,
  });
  onTestFinished(() => socket.disconnect());
  const join = (topic) => {
    const channel = socket.channel(topic, {});
    return new Promise((resolve, reject) => {
      channel
        .join()
        .receive('ok', () => resolve(channel))
        .receive('error', reject);
    });
  };
  return { wss, socket, join, topics };
}

describe('phoenix', () => {
  it.each([
    ['plain', undefined],
    ['compressed', { perMessageDeflate: { threshold: 0 } }],
  ])('joins, pushes and hears broadcasts, %s', async (_, server) => {
    const { wss, socket, join } = await start({ server });
    socket.connect();
    const channel = await join('room:1');
    const heard = [];
    channel.on('shouted', (payload) => heard.push(payload));
    expect(await push(channel, 'new', { x: 1 })).toEqual({ event: 'new' });
    await push(channel, 'shout', { text: '✓' });
    expect(heard).toEqual([{ text: '✓' }]);
    expect([...wss.clients][0].seen).toBe('/socket/websocket?token=a%20b&vsn=2.0.0');
    expect(socket.connectionState()).toBe('open');
    await new Promise((resolve) => channel.leave().receive('ok', resolve));
  });

  it('pushes and hears bytes', async () => {
    const { socket, join } = await start();
    socket.connect();
    const channel = await join('room:bytes');
    const bytes = new Promise((resolve) => channel.on('bytes', resolve));
    expect(await push(channel, 'upload', new Uint8Array(5_000).buffer)).toEqual({ event: 'upload', size: 5_000 });
    expect([...new Uint8Array(await bytes)]).toEqual([1, 2, 3]);
  });

  it('hears that it may not join', async () => {
    const { socket, join } = await start();
    socket.connect();
    await expect(join('room:secret')).rejects.toEqual({ reason: 'not you' });
  });

  it('comes back after a cut, joins again, and sends what was pushed meanwhile', async () => {
    const { wss, socket, join, topics } = await start();
    socket.connect();
    const channel = await join('room:1');
    const closes = [];
    socket.onClose((event) => closes.push(event.code));
    for (const ws of wss.clients) ws.terminate();
    await until(() => closes.length === 1);
    expect(await push(channel, 'while away', {})).toEqual({ event: 'while away' });
    expect([closes, topics]).toEqual([[1006], ['room:1', 'room:1']]);
  });

  it('cuts a line without heartbeats and comes back', async () => {
    const { wss, socket, join } = await start({ socket: { heartbeatIntervalMs: 30 } });
    socket.connect();
    await join('room:1');
    const [silent] = wss.clients;
    silent.removeAllListeners('message');
    await until(() => wss.clients.size > 0 && ![...wss.clients].includes(silent) && socket.isConnected());
    expect(socket.isConnected()).toBe(true);
  });

  it('disconnects with a code and a reason', async () => {
    const { wss, socket, join } = await start();
    socket.connect();
    await join('room:1');
    const end = new Promise((resolve) =>
      [...wss.clients][0].on('close', (code, reason) => resolve([code, String(reason)])),
    );
    await new Promise((resolve) => socket.disconnect(resolve, 1000, 'done'));
    expect(await end).toEqual([1000, 'done']);
  });
});
