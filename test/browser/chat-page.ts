import type { BrowserContext, Page } from 'playwright-core';
import { eventually } from './eventually.ts';

/** What the browser writes by itself when a line is cut; everything else on the console is a fault. */
const EXPECTED = /^WebSocket connection to '[^']+' failed/;

/** A page of the chat, seen as a person sees it. */
export class ChatPage {
  readonly page: Page;
  /** Console messages, exceptions and violations of the content security policy. */
  readonly faults: string[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, url: string): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    chat.page.setDefaultTimeout(8_000);
    chat.page.on('pageerror', (error) => chat.faults.push(String(error)));
    chat.page.on('console', (message) => {
      if (!EXPECTED.test(message.text())) chat.faults.push(`${message.type()}: ${message.text()}`);
    });
    await chat.page.goto(url);
    return chat;
  }

  /** Opens, fills in and waits until the page says that it is connected. */
  static async enter(context: BrowserContext, url: string, name: string, room: string): Promise<ChatPage> {
    const chat = await ChatPage.open(context, url);
    await chat.page.getByLabel('Your name').fill(name);
    await chat.page.getByLabel('Room', { exact: true }).fill(room);
    await chat.page.getByRole('button', { name: 'Come in' }).click();
    await chat.online();
    return chat;
  }

  get input(): ReturnType<Page['locator']> {
    return this.page.getByRole('textbox', { name: /^Message to/ });
  }

  get status(): ReturnType<Page['locator']> {
    return this.page.locator('#status-word');
  }

  online(): Promise<void> {
    return this.page.locator('#status[data-kind=online]').waitFor({ state: 'attached' });
  }

  offline(): Promise<void> {
    return this.page.locator('#status[data-kind=waiting]').waitFor({ state: 'attached' });
  }

  async say(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** The texts of the messages on the page, in order; those that are on their way come last. */
  texts(): Promise<string[]> {
    return this.page.locator('.message .text').allTextContents();
  }

  /** Waits until exactly these messages are there, in this order, all of them stored. */
  async shows(texts: readonly string[]): Promise<void> {
    await eventually(() => this.texts()).toEqual(texts);
    await eventually(() => this.page.locator('#pending .message').count()).toBe(0);
  }

  people(): Promise<string[]> {
    return this.page.locator('#people .name').allTextContents();
  }
}
