import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { browserTest } from '../support/browser.ts';
import { startInteropServer } from './interop-server.ts';
import { expectedOfWhatwgClient } from './whatwg-expectations.ts';

const client = readFileSync(new URL('whatwg-client.js', import.meta.url), 'utf8').replace('export async', 'async');

browserTest('a page in Chromium says and hears everything', async ({ page }) => {
  await using server = await startInteropServer();
  await page.goto(server.page);
  const seen = await page.evaluate(`(async () => { ${client}; return exercise(${JSON.stringify(server.url)}); })()`);
  expect(seen).toEqual(expectedOfWhatwgClient);
  expect(await (await fetch(`${server.page}closed`)).json()).toContainEqual([4321, 'bye ✓']);
});
