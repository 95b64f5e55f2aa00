import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { tools } from '../support/find-tools.js';
import { listen, until } from './support.js';

let browser;
beforeAll(async () => {
  browser = await puppeteer.launch({
    executablePath: tools.chromium.find(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
});
afterAll(() => browser?.close());

describe('puppeteer-core', () => {
  it('drives a page over its WebSocket', async () => {
    const page = await browser.newPage();
    await page.setContent(
      '<h1>hello</h1><input id=name><button onclick="out.textContent = document.getElementById(\'name\').value">go</button><p id=out></p>',
    );
    expect(await page.$eval('h1', (element) => element.textContent)).toBe('hello');
    await page.type('#name', 'ada ✓');
    await page.click('button');
    expect(await page.$eval('#out', (element) => element.textContent)).toBe('ada ✓');
    expect(await page.evaluate((a, b) => a + b, 2, 3)).toBe(5);
    const large = 'x'.repeat(3_000_000);
    expect((await page.evaluate((text) => text + text, large)).length).toBe(6_000_000);
    expect((await page.screenshot()).length).toBeGreaterThan(1_000);
    await page.close();
  });

  it('hears events of the page, in order', async () => {
    const page = await browser.newPage();
    const lines = [];
    page.on('console', (message) => lines.push(message.text()));
    const done = new Promise((resolve) => page.exposeFunction('done', resolve));
    await page.setContent(
      '<script>for (let i = 0; i < 100; i++) console.log(i); setTimeout(() => window.done(7), 50)</script>',
    );
    expect(await done).toBe(7);
    expect(lines).toEqual(Array.from({ length: 100 }, (_unused, i) => String(i)));
    await page.close();
  });

  it('sees the WebSocket frames of a page that talks to a server', async () => {
    const server = createServer((_request, response) => response.end('<title>page</title>'));
    const wss = new WebSocketServer({ server, perMessageDeflate: true });
    wss.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
    const port = await listen(server);
    const page = await browser.newPage();
    const session = await page.createCDPSession();
    await session.send('Network.enable');
    const frames = [];
    session.on('Network.webSocketFrameReceived', ({ response }) => frames.push(response.payloadData));
    await page.goto(`http://127.0.0.1:${port}/`);
    const text = 'again and again ✓ '.repeat(200);
    const heard = await page.evaluate(
      (url, message) =>
        new Promise((resolve, reject) => {
          const ws = new WebSocket(url);
          ws.onopen = () => ws.send(message);
          ws.onmessage = ({ data }) => {
            resolve([data, ws.extensions]);
            ws.close(4000, 'bye');
          };
          ws.onerror = reject;
        }),
      `ws://127.0.0.1:${port}/`,
      text,
    );
    expect(heard).toEqual([text, 'permessage-deflate']);
    await until(() => frames.length === 1);
    expect(frames).toEqual([text]);
    await page.close();
  });

  it('connects to a browser that runs, and leaves it', async () => {
    const second = await puppeteer.connect({ browserWSEndpoint: browser.wsEndpoint() });
    const left = new Promise((resolve) => second.once('disconnected', resolve));
    expect(await second.version()).toBe(await browser.version());
    await second.disconnect();
    await left;
    expect(browser.connected).toBe(true);
  });
});
