import { expect } from 'vitest';
import { browserTest } from './browser.ts';

browserTest('Chromium starts and runs the script of a page', async ({ page, context }) => {
  await page.setContent('<title>ahoy</title>');
  expect(await page.title()).toBe('ahoy');
  expect(await page.evaluate('typeof WebSocket')).toBe('function');
  expect(context.pages()).toHaveLength(1);
});
