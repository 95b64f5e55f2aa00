import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { StatePart } from '../../src/chat/state-parts.ts';
import { StateTeller } from '../../src/chat/state-teller.ts';
import { until } from '../support/until.ts';

const PARTS: readonly StatePart[] = [
  { rooms: [['a', []]], isLast: false },
  { rooms: [['b', []]], isLast: false },
  { rooms: [], isLast: true },
];

/** A teller that notes the parts it announced by their numbers, and may fail at one. */
function telling({ pause = 20, failing = -1 } = {}): { teller: StateTeller; told: number[] } {
  const told: number[] = [];
  const announce = async (part: StatePart, count: number): Promise<boolean> => {
    expect(part).toBe(PARTS[count]);
    told.push(count);
    return count !== failing;
  };
  return { teller: new StateTeller({ pause, parts: () => PARTS, announce }), told };
}

describe('telling a state', () => {
  it('tells all parts in order, and many who ask at once only once more', async () => {
    const { teller, told } = telling();
    for (let i = 0; i < 100; i++) teller.tell();
    await until('it is told twice', () => told.length >= 6);
    await sleep(50);
    expect(told).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('waits between one telling and the next, unless the last one may have been lost', async () => {
    const { teller, told } = telling({ pause: 60_000 });
    teller.tell();
    await until('it is told', () => told.length >= 3);
    await sleep(5);
    teller.tell();
    await sleep(20);
    expect(told).toEqual([0, 1, 2]);
    teller.forget();
    teller.tell();
    await until('it is told again', () => told.length >= 6);
    expect(told).toEqual([0, 1, 2, 0, 1, 2]);
    teller.close();
  });

  it('breaks off where nobody is told', async () => {
    const { teller, told } = telling({ failing: 1 });
    teller.tell();
    await until('it is told', () => told.length >= 2);
    await sleep(10);
    expect(told).toEqual([0, 1]);
    teller.close();
  });

  it('says nothing more once it is closed', async () => {
    const { teller, told } = telling();
    teller.tell();
    teller.tell();
    teller.close();
    teller.tell();
    await sleep(50);
    expect(told).toEqual([0]);
  });
});
