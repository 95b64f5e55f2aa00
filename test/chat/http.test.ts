import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../support/until.ts';
import { Client } from './client.ts';
import { Harness } from './harness.ts';

let chat: Harness;
beforeAll(async () => {
  chat = await Harness.start();
});
afterAll(() => chat.stop());

/** Sends bytes as they are, which `fetch` would tidy up, and reads until the server closes. */
async function raw(request: string): Promise<string> {
  const socket = connect(chat.server.port, '127.0.0.1');
  socket.end(request);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  await once(socket, 'close');
  return text;
}

/** The status of a refused upgrade, 101 of an accepted one. */
async function upgrade(headers: Record<string, string>, harness = chat): Promise<number> {
  const socket = new WebSocket(harness.url('/chat'), { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => {});
  });
}

describe('the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/?room=x', 'text/html; charset=utf-8'],
    ['/chat.js', 'text/javascript; charset=utf-8'],
    ['/style.css', 'text/css; charset=utf-8'],
    ['/favicon.svg', 'image/svg+xml'],
  ])('%s is served as %s, with a strict policy', async (path, type) => {
    const response = await fetch(chat.http + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const body = await response.arrayBuffer();
    expect(Number(response.headers.get('content-length'))).toBe(body.byteLength);
  });

  it('has no inline script or style', async () => {
    const html = await (await fetch(chat.http)).text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/i);
  });

  it('answers HEAD without a body, and a known ETag with 304', async () => {
    const head = await fetch(chat.http, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const etag = head.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const list of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await fetch(chat.http, { headers: { 'if-none-match': list } });
      expect([response.status, await response.text()]).toEqual([304, '']);
    }
    expect((await fetch(chat.http, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });

  it('answers other methods with 405', async () => {
    const response = await fetch(chat.http, { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    '/nothing',
    '/chat',
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/./chat.js',
    '//chat.js',
    '/chat.js/',
    '/chat.js%00',
    '/.gitignore',
    '/__proto__',
    '/constructor',
    '/..\\package.json',
  ])('%s is not found', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).not.toContain('halyard');
  });
});

it('/healthz says that it is alive', async () => {
  expect((await fetch(`${chat.http}/healthz`)).status).toBe(200);
});

describe('Origin', () => {
  it('none is accepted, and the page of the same host', async () => {
    const host = `127.0.0.1:${chat.server.port}`;
    expect(await upgrade({})).toBe(101);
    expect(await upgrade({ origin: `http://${host}` })).toBe(101);
    expect(await upgrade({ origin: `https://${host}` })).toBe(101);
  });

  it.each([
    'http://evil.example',
    'null',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'x',
    'http://127.0.0.1:80@evil.example',
  ])('%s is refused with 403', async (origin) => {
    expect(await upgrade({ origin })).toBe(403);
  });

  it('is compared with a list, if there is one', async () => {
    const listed = await Harness.start({ origins: ['https://app.example'] });
    const host = `127.0.0.1:${listed.server.port}`;
    expect(await upgrade({ origin: 'https://app.example' }, listed)).toBe(101);
    expect(await upgrade({ origin: `http://${host}` }, listed)).toBe(403);
    expect(await upgrade({}, listed)).toBe(101);
    await listed.stop();
  });
});

it('lines tell of connections and messages, on one line each and without what was said', async () => {
  const { lifecycleLines } = await import('../../src/chat/lifecycle.ts');
  const lines: string[] = [];
  const told = await Harness.start({ lifecycle: lifecycleLines((line) => lines.push(line)) });
  const ann = await Client.open(told.url('/chat'));
  await ann.join('lobby', 'ann');
  await ann.say('lobby', 'a secret');
  ann.socket.close(4000, 'bye\n2026-01-01 open 99 "\u001b[31m');
  await ann.ended();
  const bare = await Client.open(told.url('/a%0Ab'));
  bare.send('{"handle":"eve","text":"a secret"}');
  await bare.next();
  bare.cut();
  await bare.ended();
  await until('all is told', () => lines.length >= 6);
  await told.stop();
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  expect(lines).toHaveLength(6);
  for (const line of lines) expect(line).toMatch(/^[ -~]+\n$/);
  expect(lines[0]).toMatch(new RegExp(String.raw`^${time} open 1 "/chat" "127\.0\.0\.1"\n$`));
  expect(lines[1]).toMatch(/ message 1 "lobby" 8\n$/);
  expect(lines[2]).toMatch(/ close 1 4000 "bye\\u\{a\}2026-01-01 open 99 \\"\\u\{1b\}\[31m"\n$/);
  expect(lines[3]).toMatch(/ open 2 "\/a%0Ab" /);
  expect(lines[5]).toMatch(/ close 2 1006 ""\n$/);
  expect(lines.join('')).not.toContain('secret');
});

it('serves the module that the page connects with, and everything that it imports', async () => {
  const pending = ['/reconnecting-websocket.js'];
  const seen = new Set(pending);
  for (const path of pending) {
    const response = await fetch(chat.http + path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const [, imported = ''] of (await response.text()).matchAll(/(?:from|import)\s*['"]\.\/([^'"]+)['"]/g)) {
      if (!seen.has(`/${imported}`)) pending.push(`/${imported}`);
      seen.add(`/${imported}`);
    }
  }
  expect(seen.size).toBeGreaterThan(1);
  expect((await fetch(`${chat.http}/websocket-client.js`)).status).toBe(404);
});
