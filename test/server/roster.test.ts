import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Roster } from '../../src/server/roster.ts';
import type { Keeper } from '../../src/socket/types.ts';
import { isCollected } from '../support/collected.ts';
import { runs } from '../support/runs.ts';

const owner = { unheardError() {}, socketLeft() {} };

describe('Roster', () => {
  it('has the sockets that a Set would have, in its order, whenever it is asked first', () => {
    const steps = fc.array(fc.oneof(fc.constant('come' as const), fc.nat(20), fc.constant('ask' as const)));
    fc.assert(
      fc.property(steps, (all) => {
        const roster = new Roster<number>(owner);
        const twin = new Set<number>();
        const keepers = new Map<number, Keeper>();
        for (const [i, step] of all.entries()) {
          if (step === 'come') {
            keepers.set(i, roster.add(i));
            twin.add(i);
          } else if (step === 'ask') {
            expect([...roster.sockets]).toEqual([...twin]);
          } else if (twin.size > 0) {
            const leaving = [...twin][step % twin.size]!;
            keepers.get(leaving)!.closed();
            twin.delete(leaving);
          }
          expect(roster.size).toBe(twin.size);
        }
        expect([...roster.sockets]).toEqual([...twin]);
      }),
      runs(1_000, 50_000),
    );
  });

  it('is one Set all the time, which follows what comes and goes', () => {
    const roster = new Roster<string>(owner);
    const { sockets } = roster;
    const keeper = roster.add('a');
    roster.add('b');
    keeper.closed();
    expect(roster.sockets).toBe(sockets);
    expect([...sockets]).toEqual(['b']);
  });

  it('lets nobody who left hold those who came after or before', async () => {
    const roster = new Roster<object>(owner);
    const first = roster.add({});
    const between = new WeakRef({});
    let keeper: Keeper | undefined = roster.add(between.deref()!);
    const last = roster.add({});
    first.closed();
    last.closed();
    keeper.closed();
    keeper = undefined;
    expect(await isCollected(between)).toBe(true);
    // Only now: who holds them still would hold the one between.
    expect([first, last]).toHaveLength(2);
  });

  it('counts what is left of the Set, as that is what its user sees', () => {
    const roster = new Roster<string>(owner);
    roster.add('a');
    roster.sockets.clear();
    expect(roster.size).toBe(0);
  });

  it('tells its owner of errors, and of who left when it is gone', () => {
    const told: unknown[] = [];
    const roster: Roster<string> = new Roster({
      unheardError: (error, socket) => told.push([error.message, socket]),
      socketLeft: () => told.push(roster.size),
    });
    const keeper = roster.add('a');
    keeper.unheardError(new Error('what happened'));
    keeper.closed();
    expect(told).toEqual([['what happened', 'a'], 0]);
  });
});
