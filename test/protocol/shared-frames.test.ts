import { describe, expect, it } from 'vitest';
import { SharedFrames } from '../../src/protocol/shared-frames.ts';

const frame = (text: string): SharedFrames => new SharedFrames(Buffer.from(text));

describe('frames that are shared', () => {
  it('are the same for all who were sent the same, and not for others', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(frame) as [SharedFrames, SharedFrames, SharedFrames];
    const ab = a.with(b)!;
    expect(a.with(b)).toBe(ab);
    expect(ab.with(c)).toBe(ab.with(c));
    const ac = a.with(c)!;
    expect([ab, ac, a.with(b)!, ab.with(c)!.with(a)!].map(({ bytes }) => bytes.toString())).toEqual([
      'ab',
      'ac',
      'ab',
      'abca',
    ]);
    expect(ab.bytes).toBe(ab.bytes);
    expect(ab.with(c)!.length).toBe(3);
    expect(a.bytes.toString()).toBe('a');
  });

  it('hold joined bytes only where the latest tick ended, as their user may keep the first for ever', () => {
    const tick = frame('tick ');
    const two = tick.with(tick)!;
    const joined = two.bytes;
    const three = two.with(tick)!;
    expect(three.bytes.toString()).toBe('tick tick tick ');
    expect(tick.with(tick)).toBe(two);
    expect(two.bytes).not.toBe(joined);
    expect(two.bytes.toString()).toBe('tick tick ');
    expect(two.with(tick)).not.toBe(three);
    const again = two.bytes;
    expect(two.with(tick)).toBe(two.with(tick));
    expect(two.bytes).not.toBe(again);
  });

  it('are not joined when that would copy much', () => {
    const long = new SharedFrames(Buffer.alloc(16_384));
    const short = frame('short');
    expect(long.with(short)).toBeUndefined();
    expect(short.with(long)).toBeUndefined();
    let many = new SharedFrames(Buffer.alloc(16_000));
    for (let i = 0; i < 3; i++) many = many.with(new SharedFrames(Buffer.alloc(16_000)))!;
    expect(many.length).toBe(64_000);
    expect(many.with(new SharedFrames(Buffer.alloc(2_000)))).toBeUndefined();
  });
});
