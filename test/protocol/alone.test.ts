import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/protocol/role.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';
import { frame, hex, Recorder } from '../support/wire.ts';

/** What a listener does when it is told of a message. */
type Act = 'nothing' | 'suspends' | 'throws' | 'is given the next frame' | 'closes';

/** Keeps what it is told, and does what it is to do. */
class Actor extends Recorder {
  readonly told: (Buffer | string)[] = [];
  readonly #frames: readonly Buffer[];
  readonly #acts: readonly Act[];
  readonly #wants: boolean;
  #given = 0;
  #suspended = false;

  constructor(role: Role, frames: readonly Buffer[], acts: readonly Act[], wants: boolean, maxPayload: number) {
    super(role, { maxPayload });
    this.#frames = frames;
    this.#acts = acts;
    this.#wants = wants;
  }

  /** Receives all frames, each in the pieces that `cut` makes of it. */
  receiveAll(isLent: boolean, cut: (bytes: Buffer) => readonly Buffer[]): void {
    while (this.#given < this.#frames.length || this.#suspended) {
      try {
        if (this.#suspended) {
          this.#suspended = false;
          this.connection.reader.resume();
        } else {
          for (const piece of cut(this.#frames[this.#given++]!)) {
            const chunk = Buffer.from(piece);
            this.connection.reader.receive(chunk, isLent);
            if (isLent) chunk.fill(0xee);
          }
        }
      } catch (error) {
        this.told.push(`threw ${String(error)}`);
      }
    }
    this.connection.reader.receive(frame({ opcode: 9, mask: this.connection.role === 'server' }));
  }

  wantsString(): boolean {
    return this.#wants;
  }

  text(text: string, size: number): void {
    this.told.push(`text of ${size}`, text);
    this.#act();
  }

  override message(bytes: Buffer, start: number, end: number, isBinary: boolean): void {
    this.told.push(`is ${isBinary ? 'binary' : 'text'}`, this.connection.reader.keep(bytes, start, end));
    this.#act();
  }

  #act(): void {
    const act = this.#acts[this.told.length % this.#acts.length];
    if (act === 'suspends') {
      this.#suspended = true;
      this.connection.reader.suspend();
    } else if (act === 'is given the next frame' && this.#given < this.#frames.length) {
      this.connection.reader.receive(Buffer.from(this.#frames[this.#given++]!));
    } else if (act === 'closes') {
      this.connection.close(1000);
    } else if (act === 'throws') {
      throw new Error('mine');
    }
  }

  get outcome(): string {
    return JSON.stringify([
      this.told.map((one) => (typeof one === 'string' ? one : one.toString('latin1'))),
      this.effects,
      this.sent().length,
    ]);
  }
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(0, 1, 119, 125, 126, 127, 199, 203, 208, 600, 1_100).map((size) => Buffer.alloc(size, 'some text ')),
  fc.constantFrom('é', '😀', 'Привет').map((text) => Buffer.from(text.repeat(20))),
  fc.constantFrom('ff', 'c3', 'ed a0 80', '61 80').map(hex),
);
const spec = fc.record({
  opcode: fc.constantFrom(1, 1, 1, 2, 2, 2, 0, 8, 9),
  fin: fc.constantFrom(true, true, true, false),
  isRight: fc.constantFrom(true, true, true, true, true, true, true, true, true, false),
  payload,
});
const act = fc.constantFrom<Act>('nothing', 'nothing', 'suspends', 'throws', 'is given the next frame', 'closes');

describe('a message that is alone in its chunk', () => {
  it.each([
    ['without', false],
    ['with', true],
  ])('is the twin of one that comes in two, whatever its listeners do, %s the kernel', (_, hasKernel) => {
    if (hasKernel) makeKernel();
    fc.assert(
      fc.property(
        fc.constantFrom<Role>('server', 'client'),
        fc.array(spec, { maxLength: 12 }),
        fc.array(act, { minLength: 1, maxLength: 5 }),
        fc.record({ wants: fc.boolean(), isLent: fc.boolean(), maxPayload: fc.constantFrom(0, 0, 1_000) }),
        (role, specs, acts, { wants, isLent, maxPayload }) => {
          const frames = specs.map(({ isRight, ...rest }) => frame({ ...rest, mask: (role === 'server') === isRight }));
          const alone = new Actor(role, frames, acts, wants, maxPayload);
          alone.receiveAll(isLent, (bytes) => [bytes]);
          const cut = new Actor(role, frames, acts, wants, maxPayload);
          cut.receiveAll(isLent, (bytes) => [bytes.subarray(0, 1), bytes.subarray(1)]);
          expect(alone.outcome).toBe(cut.outcome);
          expect(alone.connection.reader.hasUnread).toBe(cut.connection.reader.hasUnread);
        },
      ),
      runs(1_500, 200_000),
    );
  });
});
