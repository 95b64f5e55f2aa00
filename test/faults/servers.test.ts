import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Fleet } from '../support/chat-fleet.ts';

const isFull = process.env['HALYARD_FULL'] === '1';

it(
  'servers die again and again, also between storing and telling: nobody misses anything, nothing is doubled',
  { timeout: isFull ? 600_000 : 60_000 },
  async () => {
    await using fleet = await Fleet.start();
    const { crowd, servers, lines } = fleet;
    const untold = (): number => crowd.people.reduce((sum, { storedUntold }) => sum + storedUntold, 0);
    for (let i = 0; i < (isFull ? 60 : 4); i++) {
      await fleet.talk();
      const server = servers[i % 2];
      const before = untold();
      const isBetween = i % 4 < 2;
      // What it stores now it tells nobody: no reply reaches it, and no bell.
      if (isBetween) for (const role of ['commands', 'subscriber'] as const) lines[i % 2]?.deafen(role);
      await sleep(200 + Math.random() * 200);
      await server?.end('SIGKILL');
      await crowd.allJoined();
      if (isBetween) expect(untold()).toBeGreaterThan(before);
      await server?.restart();
      // Half of them to the next server, which is the one that has just begun.
      for (const [p, person] of crowd.people.entries()) if (p % 2 === 0) person.cut();
      await crowd.allJoined();
    }
    await crowd.settle();
    crowd.expectAll();
  },
);

it(
  'SIGTERM to workers with many clients under load: all are told, closed with 1001 over a while, and lose nothing',
  { timeout: isFull ? 180_000 : 60_000 },
  async () => {
    const size = isFull ? 2_000 : 300;
    await using fleet = await Fleet.start({ args: ['--workers', '2'], crowd: { size } });
    const { crowd, servers } = fleet;
    await fleet.talk();
    const start = performance.now();
    expect(await servers[0]?.end('SIGTERM')).toBe(0);
    expect(performance.now() - start).toBeLessThan(12_000);
    await crowd.settle(60_000);
    crowd.expectAll();
    const told = crowd.people.filter(({ closes }) => closes.length > 0);
    expect(told.length).toBeGreaterThan(size / 3);
    for (const { closes, notices } of told) expect([closes, notices]).toEqual([[1001], 1]);
    const times = told.map(({ closedAt }) => closedAt);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(500);
    expect(servers.map(({ complaints }) => complaints)).toEqual(['', '']);
  },
);
