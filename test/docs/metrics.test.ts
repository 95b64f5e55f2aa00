import { expect, it } from 'vitest';
import { createMetrics } from '../../src/chat/metrics.ts';
import { Harness } from '../chat/harness.ts';
import { read } from './pages.ts';

const scaling = read('docs/scaling.md');

it('the page on scaling names the metrics that there are, with their labels, and the fields of /healthz', async () => {
  const metrics = await createMetrics();
  const chat = await Harness.start({ metrics });
  metrics.opened('chat');
  metrics.closed(1000);
  metrics.refused(403);
  metrics.failed('bad-json');
  metrics.slow('closed');
  const text = await (await fetch(`${chat.http}/metrics`)).text();
  const told = new Map(
    [...text.matchAll(/^(halyard_\w+)(?:\{(\w+)=.*\})? /gm)].map(([, name, label = '']) => [name, label]),
  );
  const rows = [...scaling.matchAll(/^\| `(halyard_\w+)` +\| +(?:`(\w+)`)? *\|/gm)];
  expect(Object.fromEntries(rows.map(([, name, label = '']) => [name, label]))).toEqual(Object.fromEntries(told));
  const health = (await (await fetch(`${chat.http}/healthz`)).json()) as object;
  const fields = [...scaling.matchAll(/^\| `(\w+)` +\| +(?:true|ready|a number)/gm)].map(([, name]) => name);
  expect(fields).toEqual(Object.keys(health));
  await chat.stop();
});
