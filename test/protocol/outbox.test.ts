import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../src/protocol/outbox.ts';
import { SharedFrames } from '../../src/protocol/shared-frames.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';

function outbox(onFilled = () => {}): Outbox {
  return new (class extends Outbox {
    protected override filled(): void {
      onFilled();
    }
  })();
}

/** Writes bytes the way an encoder does. */
function copyIn(box: Outbox, bytes: Uint8Array): void {
  const at = box.reserve(bytes.length);
  box.slab.bytes.set(bytes, at);
  box.commit(bytes.length);
}

/** Has memory lent to it, and says which. */
function use(box: Outbox): Buffer {
  copyIn(box, Buffer.from('x'));
  return box.slab.bytes;
}

function done(box: Outbox): void {
  box.take();
  box.recycle();
}

describe('an outbox', () => {
  it('gives small things back in one piece, and large ones as they are, in order', () => {
    const box = outbox();
    copyIn(box, Buffer.from('one '));
    copyIn(box, Buffer.from('two '));
    const large = Buffer.alloc(20_000, 'x');
    box.append(large);
    copyIn(box, Buffer.from(' end'));
    expect(box.length).toBe(20_012);
    const pieces = box.take();
    expect(pieces.map((piece) => piece.length)).toEqual([8, 20_000, 4]);
    expect(pieces[1]).toBe(large);
    expect(Buffer.concat(pieces.toSpliced(1, 1)).toString()).toBe('one two  end');
    expect(box.length).toBe(0);
    expect(box.take()).toEqual([]);
  });

  it('gives what was copied as one run of bytes, if nothing else waits', () => {
    const box = outbox();
    expect(box.takeOne()).toBeUndefined();
    copyIn(box, Buffer.from('one '));
    copyIn(box, Buffer.from('two'));
    expect(box.takeOne()?.toString()).toBe('one two');
    expect(box.isEmpty).toBe(true);
    copyIn(box, Buffer.from('run'));
    box.append(Buffer.from('no run'));
    expect(box.takeOne()).toBeUndefined();
    expect(box.take()).toHaveLength(2);
  });

  it('gives frames that are shared as the same bytes to all, with what is its own behind them', () => {
    const [one, two] = ['one ', 'two'].map((text) => new SharedFrames(Buffer.from(text)));
    const boxes = [outbox(), outbox(), outbox()];
    for (const box of boxes) box.appendShared(one!);
    for (const box of boxes) box.appendShared(two!);
    copyIn(boxes[2]!, Buffer.from(' own'));
    boxes[2]!.appendShared(one!);
    const joined = boxes[0]!.takeOne();
    expect(joined?.toString()).toBe('one two');
    expect(boxes[0]!.isEmpty).toBe(true);
    expect(boxes[1]!.takeOne()).toBe(joined);
    expect(boxes[2]!.takeOne()).toBeUndefined();
    const pieces = boxes[2]!.take();
    expect(pieces[0]).toBe(joined);
    expect(Buffer.concat(pieces).toString()).toBe('one two ownone ');
  });

  it('says when it is filled: once, until it is taken', () => {
    let filled = 0;
    const box = outbox(() => filled++);
    copyIn(box, Buffer.from('a'));
    copyIn(box, Buffer.from('b'));
    box.append(Buffer.from('c'));
    expect(filled).toBe(1);
    box.take();
    box.recycle();
    box.append(Buffer.from('d'));
    expect(filled).toBe(2);
  });

  it('says so also for a callback without bytes, which would wait for ever otherwise', () => {
    let filled = 0;
    const box = outbox(() => filled++);
    const callback = (): number => filled;
    box.onTaken(callback);
    expect(filled).toBe(1);
    expect(box.takeCallbacks()).toEqual([callback]);
    expect(box.takeCallbacks()).toBeUndefined();
  });

  it('holds no memory once it is recycled', () => {
    const box = outbox();
    copyIn(box, Buffer.alloc(5_000));
    expect(box.isLent).toBe(true);
    box.take();
    box.recycle();
    expect(box.isLent).toBe(false);
    expect(box.slab.bytes).toHaveLength(0);
  });

  it('has the memory of the kernel again that it had before, unless somebody else has it or it is to have none', () => {
    makeKernel();
    const [one, other] = [outbox(), outbox()];
    one.inKernel = other.inKernel = true;
    const first = use(one);
    done(one);
    expect(use(one)).toBe(first);
    expect(use(other)).not.toBe(first);
    done(one);
    done(other);
    expect(use(other)).toBe(first);
    expect(use(one)).not.toBe(first);
    done(other);
    done(one);
    one.inKernel = false;
    expect(use(one).buffer).not.toBe(first.buffer);
    done(one);
  });

  /** What all three are sent: short, long, and so long that two of them are not joined. */
  const frames = [3, 40, 200, 15_000, 20_000].map((n) => new SharedFrames(Buffer.alloc(n, n & 0xff)));

  const size = fc.oneof(fc.nat(40), fc.nat(3_000), fc.constantFrom(1_024, 8_192, 16_384, 65_535, 65_536, 70_000));
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ act: fc.constantFrom('copy', 'append', 'share'), box: fc.nat(2), size }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('take'), box: fc.nat(2), size: fc.nat(3) }) },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constantFrom('roomy', 'tight'), box: fc.nat(2), size: fc.constant(0) }),
    },
  );

  const places = [
    ['of their own', false],
    ['of the kernel', true],
  ] as const;

  it.each(places)(
    'gives back what came in, as long as it is read, while others use the same memory %s',
    (_, inKernel) => {
      if (inKernel) makeKernel();
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const boxes = [outbox(), outbox(), outbox()];
          for (const box of boxes) box.inKernel = inKernel;
          let now = 0;
          const expected: Buffer[][] = [[], [], []];
          const onTheWay: { pieces: readonly Uint8Array[]; content: Buffer; readAt: number }[] = [];
          const read = (at: number): void => {
            for (const { pieces, content, readAt } of onTheWay) {
              if (readAt === at) expect(Buffer.concat(pieces).equals(content)).toBe(true);
            }
          };
          for (const [i, { act, box: which, size: n }] of steps.entries()) {
            now = i;
            const box = boxes[which]!;
            if (act === 'roomy' || act === 'tight') box.roomy = act === 'roomy';
            else if (act === 'take') {
              expect(box.length).toBe(expected[which]!.reduce((sum, { length }) => sum + length, 0));
              const run = n % 2 === 0 ? undefined : box.takeOne();
              const pieces = run === undefined ? box.take() : [run];
              const content = Buffer.concat(expected[which]!);
              expected[which] = [];
              // Read at once and recycled, or read some steps later and forgotten.
              if (n === 0) {
                expect(Buffer.concat(pieces).equals(content)).toBe(true);
                box.recycle();
              } else {
                const readAt = i + 4 * n;
                onTheWay.push({ pieces, content, readAt });
                box.forget(() => now > readAt);
              }
            } else {
              const bytes = act === 'share' ? frames[n % frames.length]!.bytes : Buffer.alloc(n, i + 1);
              expected[which]!.push(bytes);
              if (act === 'copy') copyIn(box, bytes);
              else if (act === 'append') box.append(bytes);
              else box.appendShared(frames[n % frames.length]!);
            }
            read(i);
          }
          for (let i = steps.length; i < steps.length + 12; i++) read(i);
          for (const [i, box] of boxes.entries())
            expect(Buffer.concat(box.take()).equals(Buffer.concat(expected[i]!))).toBe(true);
          now = Infinity;
          for (const box of boxes) box.recycle();
        }),
        runs(500, 100_000),
      );
    },
  );
});
