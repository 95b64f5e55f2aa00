import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { test } from 'vitest';
import { chromiumPath } from './tools.ts';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless Chromium; the caller closes it (`await using` does). */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), headless: true, args: [...QUIET, ...args] });
}

export interface BrowserFixtures {
  /** One Chromium for all tests of a file. */
  browser: Browser;
  /** A profile of its own for each test; `context.newPage()` for the second tab. */
  context: BrowserContext;
  page: Page;
}

/** Vitest's `test` with a browser: `browserTest('…', async ({ page }) => { … })`. What it opened is closed after it. */
export const browserTest = test.extend<BrowserFixtures>({
  browser: [
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads the names of the fixtures needed from the pattern
    async ({}, use) => {
      const browser = await launchBrowser();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  context: async ({ browser }, use) => {
    const context = await browser.newContext();
    await use(context);
    await context.close();
  },
  page: async ({ context }, use) => {
    await use(await context.newPage());
  },
});
