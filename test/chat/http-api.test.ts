import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/chat/metrics.ts';
import WebSocket from 'ws';
import { Harness } from './harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.start({ metrics: await createMetrics() });
});
afterEach(async () => {
  await chat.stop();
  expect(chat.errors).toEqual([]);
});

const TOKEN = { authorization: 'Bearer let-me-in' };

function post(room: string, body: unknown, headers: Record<string, string> = TOKEN): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${chat.http}/rooms/${room}/messages`, { method: 'POST', headers, body: text });
}

describe('publishing over HTTP', () => {
  beforeEach(async () => {
    await chat.stop();
    chat = await Harness.start({ publishToken: 'let-me-in' });
  });

  it('reaches the room, and answers with the id', async () => {
    const ann = await chat.member('ann');
    const response = await post('lobby', { name: 'ci', text: 'the build is green' });
    expect(response.status).toBe(201);
    const { id } = (await response.json()) as { id: string };
    const message = await ann.next('message');
    expect(message).toMatchObject({ id, room: 'lobby', name: 'ci', text: 'the build is green' });
    expect(message).not.toHaveProperty('person');
    expect((await post('lobby', { text: 'x' })).status).toBe(201);
    expect(await ann.next('message')).toMatchObject({ name: 'server' });
  });

  it('stores a key once, which is nobody else’s', async () => {
    const first = await (await post('lobby', { text: 'x', key: 'k' })).json();
    expect(await (await post('lobby', { text: 'x', key: 'k' })).json()).toEqual(first);
    const ann = await chat.member('ann');
    expect((await ann.say('lobby', 'x', 'k'))['id']).not.toBe((first as { id: string }).id);
  });

  it.each<[string, number, string, unknown, Record<string, string>?]>([
    ['no token', 401, 'lobby', { text: 'x' }, {}],
    ['another token', 401, 'lobby', { text: 'x' }, { authorization: 'Bearer let-me-on' }],
    ['no JSON', 400, 'lobby', 'x'],
    ['no text', 400, 'lobby', {}],
    ['empty text', 400, 'lobby', { text: ' ' }],
    ['too long a text', 400, 'lobby', { text: 'x'.repeat(4_001) }],
    ['a bad name', 400, 'lobby', { text: 'x', name: '\u202e' }],
    ['a bad room', 400, 'a%20b', { text: 'x' }],
    ['too much', 413, 'lobby', 'x'.repeat(70_000)],
  ])('is refused with %s: %i', async (_, status, room, body, headers) => {
    const response = await post(room, body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: expect.any(String) });
  });

  it('is POST only', async () => {
    const response = await fetch(`${chat.http}/rooms/lobby/messages`, { headers: TOKEN });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('is refused with 503 while the log is away', async () => {
    await chat.log.close();
    const response = await post('lobby', { text: 'x' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('that is broken off is no fault of ours', async () => {
    const socket = connect(chat.server.port, '127.0.0.1');
    await once(socket, 'connect');
    const head = ['POST /rooms/lobby/messages HTTP/1.1', 'Host: x', `Authorization: ${TOKEN.authorization}`];
    socket.write([...head, 'Content-Length: 100', '', '{"text":'].join('\r\n'));
    await sleep(50);
    socket.resetAndDestroy();
    await sleep(50);
    expect(chat.errors).toEqual([]);
  });

  it('does not exist without a token', async () => {
    const other = await Harness.start();
    const response = await fetch(`${other.http}/rooms/lobby/messages`, { method: 'POST', headers: TOKEN, body: '{}' });
    expect(response.status).toBe(404);
    await other.stop();
  });
});

describe('foreign code on the channel of a room', () => {
  it.each<[string, object]>([
    ['{"handle":"old","text":"from the classic demo"}', { name: 'old', text: 'from the classic demo' }],
    ['{"name":"old","text":"<b>"}', { name: 'old', text: '<b>' }],
    ['just text', { name: 'server', text: 'just text' }],
    ['{"handle":"\u202eold\\n","text":"x"}', { name: 'old', text: 'x' }],
  ])('%s reaches members without an id', async (published, expected) => {
    const ann = await chat.member('ann');
    await chat.backplane.publish('lobby', published);
    const message = await ann.next('message');
    expect(message).toMatchObject(expected);
    expect(message).not.toHaveProperty('id');
    expect(message).not.toHaveProperty('person');
  });

  it.each(['', ' ', '{', '{"x":1}', '{"text":{}', 'x'.repeat(4_001), Buffer.from([1])])(
    '%s is skipped',
    async (published) => {
      const ann = await chat.member('ann');
      await chat.backplane.publish('lobby', published);
      await ann.say('lobby', 'still well');
      expect(await ann.rest('message')).toMatchObject([{ text: 'still well' }]);
    },
  );

  it('what is no message in the log is skipped, too', async () => {
    const ann = await chat.member('ann');
    for (const entry of [
      '',
      'x',
      '{}',
      '[]',
      '{"name":"x","text":1,"time":1}',
      '{"name":"x","text":"y","time":1,"person":"<b>"}',
      Buffer.from([1]),
    ]) {
      await chat.log.append('lobby', entry);
    }
    await ann.say('lobby', 'still well');
    expect(await ann.rest('message')).toMatchObject([{ text: 'still well' }]);
    const bob = await chat.connect();
    expect((await bob.join('lobby', 'bob'))['history']).toMatchObject([{ text: 'still well' }]);
  });
});

describe('/healthz', () => {
  it('tells whether it is ready and what of the backplane', async () => {
    await chat.member('ann');
    const response = await fetch(`${chat.http}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ live: true, ready: true, backplane: 'ready', connections: 1 });
    await chat.backplane.close();
    expect(await (await fetch(`${chat.http}/healthz`)).json()).toMatchObject({ ready: true, backplane: 'away' });
  });
});

describe('/metrics', () => {
  it('counts what happens', async () => {
    const [ann, bob] = [await chat.member('ann'), await chat.member('bob')];
    await ann.say('lobby', 'four');
    await bob.next('message');
    bob.send('x');
    await bob.next('error');
    bob.socket.close(4_321);
    await bob.ended();
    await new Promise((resolve) => {
      const refused = new WebSocket(chat.url('/chat'), { origin: 'http://evil.example' });
      refused.on('error', resolve);
    });
    await fetch(chat.http, { headers: { connection: 'upgrade', upgrade: 'websocket' } }).catch(() => {});
    const response = await fetch(`${chat.http}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const line of [
      'halyard_connections 1',
      'halyard_connections_opened_total{kind="chat"} 2',
      'halyard_connections_closed_total{code="application"} 1',
      'halyard_handshakes_refused_total{status="403"} 1',
      'halyard_messages_received_total 1',
      'halyard_received_bytes_total 4',
      'halyard_errors_answered_total{code="bad-json"} 1',
      'halyard_backplane_ready 1',
      'halyard_backplane_reconnects_total 0',
      'halyard_buffered_bytes 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(Number(/^halyard_messages_sent_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(3);
    expect(text.match(/^# TYPE halyard_\w+_total (?!counter$)/gm)).toBeNull();
    const again = await (await fetch(`${chat.http}/metrics`)).text();
    const sent = /^halyard_messages_sent_total .*$/m;
    expect(sent.exec(again)?.[0]).toBe(sent.exec(text)?.[0]);
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).not.toMatch(/ann|bob|lobby/);
  });

  it('counts what is published over HTTP, and nobody who is not there', async () => {
    await chat.stop();
    chat = await Harness.start({ publishToken: 'let-me-in', metrics: await createMetrics() });
    const body = '{"text":"to nobody"}';
    expect((await post('lobby', body)).status).toBe(201);
    const text = await (await fetch(`${chat.http}/metrics`)).text();
    expect(text).toContain('halyard_messages_received_total 1\n');
    expect(text).toContain(`halyard_received_bytes_total ${body.length}\n`);
    expect(text).toContain('halyard_messages_sent_total 0\n');
    expect(text).toContain('halyard_sent_bytes_total 0\n');
  });

  it('is for this machine, or for who has the token', async () => {
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${chat.http}/metrics`, { headers })).status;
    expect(await status({ 'x-forwarded-for': '127.0.0.1' })).toBe(404);
    await chat.stop();
    chat = await Harness.start({ metricsToken: 'let-me-in', metrics: await createMetrics() });
    expect(await status({})).toBe(404);
    expect(await status(TOKEN)).toBe(200);
  });

  it('is answered with 500 if it cannot be told, and the reason is ours', async () => {
    await chat.stop();
    const metrics = { ...(await createMetrics()), render: () => Promise.reject(new Error('nobody told')) };
    chat = await Harness.start({ metrics });
    const response = await fetch(`${chat.http}/metrics`, { signal: AbortSignal.timeout(5_000) });
    expect([response.status, await response.text()]).toEqual([500, 'our fault\n']);
    expect(chat.errors.splice(0)).toEqual([new Error('nobody told')]);
  });
});
