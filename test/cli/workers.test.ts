import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { Client } from '../chat/client.ts';
import { Crowd } from '../chat/crowd.ts';
import { until } from '../support/until.ts';
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
  await until('the crowd is acknowledged', () => crowd.acknowledged > 150);
  process.kill(workers[1] as number, 'SIGKILL');
  await until('another takes its place', () => workersOf(chat).length === 4 && !workersOf(chat).includes(workers[1]!));
  await until('the crowd goes on', () => crowd.acknowledged > 300);
  await crowd.settle();
  crowd.expectAll();
  const cut = crowd.people.filter(({ closes }) => closes.length > 0).length;
  expect(cut).toBeGreaterThan(0);
  expect(cut).toBeLessThan(150);
  expect(workersOf(chat)).toHaveLength(4);
  const late = await Client.open(chat.ws);
  expect((await late.join('room-0', 'late'))['people']).toHaveLength(21);
  await late.close();

  // The dead one's counters are gone with it, the others' are added up.
  let metrics = '';
  const areCounted = async (): Promise<boolean> => {
    metrics = await (await fetch(`${chat.http}/metrics`)).text();
    return metrics.includes('halyard_connections 200\n');
  };
  await until('who is there is counted', areCounted);
  expect(metrics).toContain('halyard_backplane_ready 1\n');

  const start = performance.now();
  crowd.leave();
  expect(await chat.kill('SIGTERM')).toBe(0);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(chat.err).toMatch(/^worker 2 ended: SIGKILL\n$/);
});
