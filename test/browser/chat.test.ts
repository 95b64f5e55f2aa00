import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { browserTest as it } from '../support/browser.ts';
import { CutProxy } from '../support/cut-proxy.ts';
import { freePort } from '../support/ports.ts';
import { ChatPage } from './chat-page.ts';
import { ChatProcess } from './chat-process.ts';
import { eventually } from './eventually.ts';

let chat: ChatProcess;
let url: string;
let rooms = 0;
const cleanups: (() => unknown)[] = [];
const opened: ChatPage[] = [];

beforeAll(async () => {
  chat = await ChatProcess.start();
  url = `http://127.0.0.1:${chat.port}/`;
});
afterAll(() => chat.kill());

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  expect(opened.splice(0).flatMap(({ faults }) => faults)).toEqual([]);
});

const freshRoom = (): string => `room-${++rooms}`;

async function open(context: BrowserContext, at = url): Promise<ChatPage> {
  const page = await ChatPage.open(context, at);
  opened.push(page);
  return page;
}

async function enter(context: BrowserContext, name: string, room: string, at = url): Promise<ChatPage> {
  const page = await ChatPage.enter(context, at, name, room);
  opened.push(page);
  return page;
}

describe('two people in a room', () => {
  it('talk to each other and see each other come and go', async ({ context }) => {
    const room = freshRoom();
    const ann = await enter(context, 'Ann', room);
    const bob = await enter(context, 'Bob', room);
    await ann.page.getByText('Bob came in').waitFor();
    expect(await bob.people()).toEqual(['Ann', 'Bob']);
    await ann.say('Hello Bob');
    await bob.shows(['Hello Bob']);
    await bob.say('Hello Ann');
    await ann.shows(['Hello Bob', 'Hello Ann']);
    expect(await ann.page.locator('.message.mine .state.sent').count()).toBe(1);
    expect(await bob.page.locator('.message:not(.mine) .name').allTextContents()).toEqual(['Ann']);
    expect(new URL(ann.page.url()).hash).toBe(`#${room}`);
    await bob.page.getByRole('button', { name: 'Leave' }).click();
    await ann.page.getByText('Bob left').waitFor();
    await eventually(() => ann.people()).toEqual(['Ann']);
  });

  it('one of them in two tabs is one person in the list', async ({ context }) => {
    const room = freshRoom();
    const first = await enter(context, 'Ann', room);
    const second = await enter(context, 'Ann', room);
    const bob = await enter(context, 'Bob', room);
    expect(await bob.people()).toEqual(['Ann', 'Bob']);
    await eventually(() => first.people()).toEqual(['Ann', 'Bob']);
    await second.say('from the second tab');
    await first.shows(['from the second tab']);
    expect(await first.page.locator('.message.mine').count()).toBe(1);
    await second.page.close();
    await bob.say('still there?');
    await first.shows(['from the second tab', 'still there?']);
    expect(await bob.people()).toEqual(['Ann', 'Bob']);
  });

  it('cannot have one name', async ({ browser, context }) => {
    const room = freshRoom();
    const elsewhere = await browser.newContext();
    cleanups.push(() => elsewhere.close());
    await enter(context, 'Ann', room);
    const other = await open(elsewhere, `${url}#${room}`);
    await other.page.getByLabel('Your name').fill('ANN');
    await other.page.keyboard.press('Enter');
    await other.page.getByText('Somebody in this room has this name').waitFor();
    const isFocused = await other.page.getByLabel('Your name').evaluate((input) => input === document.activeElement);
    expect(isFocused).toBe(true);
    await other.page.keyboard.type('Anna');
    await other.page.keyboard.press('Enter');
    await other.online();
    expect(await other.people()).toEqual(['Ann', 'Anna']);
  });
});

describe('a line that is cut', () => {
  it('comes back with nothing lost, nothing doubled and the draft in place', async ({ context }) => {
    const room = freshRoom();
    const proxy = await CutProxy.start(() => chat.port);
    cleanups.push(() => proxy.stop());
    const ann = await enter(context, 'Ann', room, `http://127.0.0.1:${proxy.port}/`);
    const bob = await enter(context, 'Bob', room);
    await ann.say('before');
    await bob.shows(['before']);
    proxy.cut();
    await ann.offline();
    await ann.page.getByText('The connection is lost.').waitFor();
    await ann.say('said while away');
    await ann.input.fill('a thought that is not finish');
    for (const text of ['missed 1', 'missed 2', 'missed 3']) await bob.say(text);
    await bob.shows(['before', 'missed 1', 'missed 2', 'missed 3']);
    expect(await ann.texts()).toEqual(['before', 'said while away']);
    expect(await ann.page.locator('.state.sending').count()).toBe(1);
    proxy.mend();
    // It may come back by itself in this moment, and the button be gone: then the press does nothing.
    await ann.page.locator('#banner-button').dispatchEvent('click');
    await ann.online();
    const all = ['before', 'missed 1', 'missed 2', 'missed 3', 'said while away'];
    await ann.shows(all);
    await bob.shows(all);
    expect(await ann.input.inputValue()).toBe('a thought that is not finish');
    expect(await ann.page.getByText('The connection is lost.').isVisible()).toBe(false);
    expect(await bob.page.locator('.event').count()).toBe(0);
  });

  it('is mended at once, again and again, in the middle of what is said', async ({ context }) => {
    const room = freshRoom();
    const proxy = await CutProxy.start(() => chat.port);
    cleanups.push(() => proxy.stop());
    const ann = await enter(context, 'Ann', room, `http://127.0.0.1:${proxy.port}/`);
    const bob = await enter(context, 'Bob', room);
    const said: string[] = [];
    for (let i = 0; i < 12; i++) {
      said.push(`message ${i}`);
      await ann.say(`message ${i}`);
      if (i % 4 === 3) proxy.blink();
    }
    await bob.shows(said);
    await ann.shows(said);
  });

  it('to a server that lost its log: a mark says that something may be missing', async ({ context }) => {
    const room = freshRoom();
    const port = await freePort();
    let server = await ChatProcess.start(port);
    cleanups.push(() => server.kill());
    const ann = await enter(context, 'Ann', room, `http://127.0.0.1:${port}/`);
    await ann.say('before the crash');
    await ann.shows(['before the crash']);
    await server.kill();
    await ann.offline();
    await ann.say('said meanwhile');
    server = await ChatProcess.start(port);
    await ann.shows(['before the crash', 'said meanwhile']);
    const entries = await ann.page.locator('#messages > :is(.message, .gap)').allTextContents();
    expect(entries.map((entry) => /before the crash|could not be recovered|said meanwhile/.exec(entry)?.[0])).toEqual([
      'before the crash',
      'could not be recovered',
      'said meanwhile',
    ]);
  });
});

describe('what others send', () => {
  it('is shown as text, whatever it looks like, with links to the web only', async ({ context }) => {
    const room = freshRoom();
    const ann = await enter(context, 'Ann', room);
    const bob = await enter(context, '<b>Bob</b>', room);
    const hostile = [
      '<img src=x onerror="document.title=1"><script>alert(1)</script>',
      '<a href="javascript:alert(1)">x</a> javascript:alert(1) data:text/html,x',
      '&lt;b&gt; &amp; "quotes" \'single\'',
    ];
    for (const text of hostile) await bob.say(text);
    await ann.shows(hostile);
    expect(await ann.page.locator('#messages :is(img, script, a, b b)').count()).toBe(0);
    expect(await ann.people()).toEqual(['Ann', '<b>Bob</b>']);
    const text = 'See (https://example.org/a_(b)?q=1#x), http://user@example.org/ and ftp://example.org.';
    await bob.say(text);
    await ann.shows([...hostile, text]);
    const links = await ann.page
      .locator('#messages a')
      .evaluateAll((found) => found.map((link) => [link.getAttribute('href'), link.getAttribute('rel')]));
    expect(links).toEqual([['https://example.org/a_(b)?q=1#x', 'noopener noreferrer']]);
  });

  it('meets a policy that runs no script of others, and a violation would be seen here', async ({ context }) => {
    const ann = await ChatPage.enter(context, url, 'Ann', freshRoom());
    await ann.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(script);
    });
    await eventually(() => ann.faults.join()).toContain('Content Security Policy');
    expect(await ann.page.title()).not.toBe('owned');
  });
});

describe('writing', () => {
  it('is counted near the limit, and too much is told at the input and not sent', async ({ context }) => {
    const ann = await enter(context, 'Ann', freshRoom());
    await ann.input.fill('x'.repeat(3_590));
    expect(await ann.page.locator('#count').textContent()).toBe('');
    await ann.input.fill('🙂'.repeat(3_990));
    expect(await ann.page.locator('#count').textContent()).toBe('10 characters left');
    await ann.input.fill('x'.repeat(3_999));
    expect(await ann.page.locator('#count').textContent()).toBe('1 character left');
    await ann.input.fill('e\u0301'.repeat(4_001));
    // Once: below nothing is counted.
    expect(await ann.page.locator('#composer .foot').innerText()).toBe('1 character too long for one message.');
    await ann.input.press('Enter');
    const refusal = ann.page.getByRole('alert').filter({ hasText: 'Not sent: 1 character too long' });
    expect(await refusal.isVisible()).toBe(true);
    expect(await ann.input.getAttribute('aria-invalid')).toBe('true');
    expect(await ann.texts()).toEqual([]);
    const longest = 'e\u0301'.repeat(4_000);
    await ann.say(longest);
    await ann.shows([longest]);
    expect(await ann.input.inputValue()).toBe('');
  });

  it('faster than the server allows is told, and arrives in order all the same', async ({ context }) => {
    const room = freshRoom();
    await context.addInitScript(() => {
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (data) {
        Object.assign(globalThis, { socket: this });
        return send.call(this, data);
      };
    });
    const ann = await enter(context, 'Ann', room);
    const bob = await enter(context, 'Bob', room);
    const said = Array.from({ length: 10 }, (_, i) => `burst ${i}`);
    await ann.input.evaluate((input: HTMLTextAreaElement, texts) => {
      // What one may send at once is used up first.
      const { socket } = globalThis as unknown as { socket: WebSocket };
      for (let i = 0; i < 80; i++) socket.send('{"type":"ping"}');
      for (const text of texts) {
        input.value = text;
        input.form?.requestSubmit();
      }
    }, said);
    await ann.page.getByText('That was quick!').waitFor();
    await bob.shows(said);
    await ann.shows(said);
  });

  it('survives a reload: the room, the name and the draft are there again', async ({ context }) => {
    const room = freshRoom();
    const ann = await enter(context, 'Ann', room);
    await ann.say('hello');
    await ann.shows(['hello']);
    await ann.input.fill('half a sent');
    await ann.page.reload();
    await ann.online();
    await ann.shows(['hello']);
    expect(await ann.people()).toEqual(['Ann']);
    expect(await ann.input.inputValue()).toBe('half a sent');
  });
});

describe('without a mouse', () => {
  it('everything works by keyboard', async ({ context }) => {
    const { page, ...rest } = await open(context, `${url}?room=${freshRoom()}`);
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
    expect(await focused()).toBe('name');
    await page.keyboard.press('Enter');
    expect(await page.locator('#name-error').textContent()).toContain('What shall the others call you?');
    await page.keyboard.type('Ann');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('room');
    await page.keyboard.type('no such room!');
    await page.keyboard.press('Enter');
    expect(await page.locator('#room-error').textContent()).toContain('Letters A to Z');
    expect(await focused()).toBe('room');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(freshRoom());
    await page.keyboard.press('Enter');
    await eventually(focused).toBe('text');
    await page.locator('#status[data-kind=online]').waitFor();
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('#messages .text').allTextContents()).toEqual(['one\ntwo']);
    expect(await focused()).toBe('text');
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('log');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('leave');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('name');
    expect(rest.faults).toEqual([]);
  });

  it('a screen reader finds a log, a status, and a name for everything that can be pressed', async ({ context }) => {
    const { page } = await enter(context, 'Ann', freshRoom());
    expect(await page.getByRole('log', { name: 'Messages' }).getAttribute('aria-live')).toMatch(/polite|off/);
    expect(await page.locator('#status').getByRole('status').textContent()).toBe('Connected');
    await page.getByRole('heading', { level: 1, name: /^Room room-/ }).waitFor();
    await page.getByRole('complementary', { name: /^Here now/ }).waitFor();
    const nameless = await page
      .locator(':is(button, a, input, textarea):visible')
      .evaluateAll((found) =>
        found.filter((e) => !e.ariaLabel && !e.textContent?.trim() && !(e as HTMLInputElement).labels?.length),
      );
    expect(nameless).toEqual([]);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });
});

describe('on a phone', () => {
  it('nothing is wider than the screen, and the people are behind a button', async ({ browser }) => {
    const phone = await browser.newContext({ viewport: { width: 375, height: 667 }, hasTouch: true });
    cleanups.push(() => phone.close());
    const room = `${'long-room-name-'.repeat(4)}abcd`;
    const ann = await enter(phone, 'W'.repeat(32), room);
    await ann.say('unbreakable'.repeat(40));
    await ann.say('https://example.org/'.padEnd(300, 'x'));
    await eventually(async () => (await ann.texts()).length).toBe(2);
    const overflow = (): Promise<number> => ann.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBe(0);
    expect(await ann.page.locator('#log').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0);
    expect(await ann.page.locator('#people').isVisible()).toBe(false);
    const button = ann.page.getByRole('button', { name: '1 person here' });
    await button.tap();
    expect(await button.getAttribute('aria-expanded')).toBe('true');
    expect(await ann.people()).toEqual(['W'.repeat(32)]);
    expect(await ann.page.locator('#people').isVisible()).toBe(true);
    expect(await overflow()).toBe(0);
    await ann.page.keyboard.press('Escape');
    expect(await ann.page.locator('#people').isVisible()).toBe(false);
    const small = await ann.page
      .locator('button:visible')
      .evaluateAll((buttons) =>
        buttons
          .filter((b) => b.getBoundingClientRect().height < 44 || b.getBoundingClientRect().width < 44)
          .map((b) => b.id),
      );
    expect(small).toEqual([]);
  });
});

describe('on the narrowest of phones', () => {
  it('a long name leaves its badge in one piece, and the word for the line leaves the name of the room', async ({
    browser,
  }) => {
    const phone = await browser.newContext({ viewport: { width: 320, height: 568 }, hasTouch: true });
    cleanups.push(() => phone.close());
    const proxy = await CutProxy.start(() => chat.port);
    cleanups.push(() => proxy.stop());
    const ann = await enter(phone, 'Ann of the long and winding name', 'deck', `http://127.0.0.1:${proxy.port}/`);
    await ann.page.locator('#people-button').tap();
    const badge = await ann.page.locator('.you').boundingBox();
    expect(badge!.height).toBeLessThan(badge!.width);
    await ann.page.keyboard.press('Escape');
    proxy.cut();
    await ann.offline();
    expect(await ann.page.locator('header h1').evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0);
    // Not shown, but said to those who listen.
    expect(await ann.page.locator('#status-word').evaluate((e) => e.clientWidth)).toBe(1);
    expect(await ann.status.textContent()).toBe('Offline');
  });
});

describe('four times its size', () => {
  it('the page keeps the input in sight while the line is away, and the word for that whole beside a long name', async ({
    browser,
  }) => {
    const large = await browser.newContext({ viewport: { width: 320, height: 256 } });
    cleanups.push(() => large.close());
    const proxy = await CutProxy.start(() => chat.port);
    cleanups.push(() => proxy.stop());
    const ann = await enter(large, 'Ann', 'a-rather-long-name-of-a-room', `http://127.0.0.1:${proxy.port}/`);
    const oneLine = await ann.input.evaluate((e) => e.clientHeight);
    expect(oneLine).toBeLessThan(50);
    proxy.cut();
    await ann.page.getByText('The connection is lost.').waitFor();
    const input = (await ann.input.boundingBox())!;
    expect(input.y + input.height).toBeLessThanOrEqual(256);
    await ann.page.setViewportSize({ width: 500, height: 500 });
    const status = (await ann.page.locator('#status').boundingBox())!;
    const people = (await ann.page.locator('#people-button').boundingBox())!;
    expect(status.x + status.width).toBeLessThan(people.x);
    expect(await ann.status.evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0);
  });
});

describe('the address of a room', () => {
  it('is copied, and if the browser refuses that, the button says where it is', async ({ context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const ann = await enter(context, 'Ann', freshRoom());
    await ann.page.getByRole('button', { name: 'Copy link to this room' }).click();
    await ann.page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await ann.page.evaluate(() => navigator.clipboard.readText())).toBe(ann.page.url());
    await ann.page.getByRole('button', { name: 'Copy link to this room' }).waitFor();
    await ann.page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await ann.page.getByRole('button', { name: 'Copy link to this room' }).click();
    await ann.page.getByRole('button', { name: 'Copy it from the address bar' }).waitFor();
  });
});

describe('reading older messages', () => {
  it('is not disturbed by newer ones, which a button counts and leads to', async ({ context }) => {
    const room = freshRoom();
    const ann = await enter(context, 'Ann', room);
    const bob = await enter(context, 'Bob', room);
    for (let i = 0; i < 6; i++) await bob.say(`line ${i}${'\n.'.repeat(9)}`);
    await eventually(async () => (await ann.texts()).length).toBe(6);
    const log = ann.page.locator('#log');
    const fromEnd = (): Promise<number> =>
      log.evaluate((e) => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight));
    await eventually(fromEnd).toBe(0);
    await ann.page.bringToFront();
    await log.focus();
    await ann.page.keyboard.press('Home');
    await eventually(() => log.evaluate((e) => e.scrollTop)).toBe(0);
    await bob.say('news');
    await bob.say('more news');
    const button = ann.page.getByRole('button', { name: '2 new messages' });
    await button.waitFor();
    expect(await log.evaluate((e) => e.scrollTop)).toBe(0);
    await button.click();
    await eventually(fromEnd).toBe(0);
    expect(await button.isVisible()).toBe(false);
    await bob.say('last');
    await eventually(async () => (await ann.texts()).at(-1)).toBe('last');
    expect(await fromEnd()).toBe(0);
  });
});
