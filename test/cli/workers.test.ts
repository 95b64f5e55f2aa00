import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Client } from '../chat/client.ts';
import { Crowd } from '../chat/crowd.ts';
import { Command } from './command.ts';

/** The process ids of the workers of a primary. */
function workersOf({ child }: Command): number[] {
  const list = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' });
  return list.trim().split(/\s+/).map(Number);
}

it('four workers without Redis are one chat, and one of them may die under load', { timeout: 60_000 }, async () => {
  await using chat = await Command.chat(['--workers', '4']);
  const workers = workersOf(chat);
  expect(workers).toHaveLength(4);
  const crowd = await Crowd.join({ urls: [chat.ws] });
  crowd.talk();
  await sleep(1_500);
  process.kill(workers[1] as number, 'SIGKILL');
  await sleep(2_000);
  await crowd.settle();
  expect(crowd.acknowledged).toBeGreaterThan(300);
  crowd.expectAll();
  const cut = crowd.people.filter(({ closes }) => closes.length > 0).length;
  expect(cut).toBeGreaterThan(0);
  expect(cut).toBeLessThan(150);
  expect(workersOf(chat)).toHaveLength(4);
  const late = await Client.open(chat.ws);
  expect((await late.join('room-0', 'late'))['people']).toHaveLength(21);
  await late.close();

  // The dead one's counters are gone with it, the others' are added up.
  const metrics = await (await fetch(`${chat.http}/metrics`)).text();
  expect(metrics).toContain('halyard_connections 200\n');
  expect(metrics).toContain('halyard_backplane_ready 1\n');

  const start = performance.now();
  crowd.leave();
  expect(await chat.kill('SIGTERM')).toBe(0);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(chat.err).toMatch(/^worker 2 ended: SIGKILL\n$/);
});
