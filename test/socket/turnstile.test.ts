import { describe, expect, it } from 'vitest';
import { Turnstile } from '../../src/socket/turnstile.ts';

describe('the turnstile', () => {
  it('lets so many in at a time, in the order in which they came', () => {
    const turnstile = new Turnstile();
    const order: number[] = [];
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      turnstile.enter(2, (leave) => {
        order.push(i);
        leaves.push(leave);
      });
    }
    expect([order, turnstile.load]).toEqual([[0, 1], 5]);
    leaves[1]!();
    expect([order, turnstile.load]).toEqual([[0, 1, 2], 4]);
    leaves[0]!();
    leaves[2]!();
    expect(order).toEqual([0, 1, 2, 3, 4]);
    leaves[3]!();
    leaves[4]!();
    expect(turnstile.load).toBe(0);
  });

  it('knows no limit if none is wanted', () => {
    const turnstile = new Turnstile();
    for (let i = 0; i < 100; i++) turnstile.enter(Infinity, () => {});
    expect(turnstile.load).toBe(100);
  });

  it('takes a job that is done at once, and thousands that wait', () => {
    const turnstile = new Turnstile();
    let done = 0;
    const first: (() => void)[] = [];
    turnstile.enter(1, (leave) => first.push(leave));
    for (let i = 0; i < 5000; i++) {
      turnstile.enter(1, (leave) => {
        done++;
        leave();
      });
    }
    expect(done).toBe(0);
    first[0]!();
    expect([done, turnstile.load]).toEqual([5000, 0]);
  });
});
