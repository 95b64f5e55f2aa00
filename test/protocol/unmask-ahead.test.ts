import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { askKernel } from '../../src/protocol/long-mask.ts';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { TILE } from '../../src/protocol/mask-kernel.ts';
import { asciiUntil, unmaskAhead, unmaskedUntil, WORTH_AHEAD } from '../../src/protocol/unmask-ahead.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';
import { frame, type FrameSpec, hex, Recorder } from '../support/wire.ts';

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(0, 1, 15, 16, 17, 31, 33, 124, 125, 126, 127, 600, 5_000).map((size) => Buffer.alloc(size, 'text ')),
  fc.constantFrom('é', '😀', 'Привет').map((text) => Buffer.from(text.repeat(20))),
);
const frameSpec: fc.Arbitrary<FrameSpec> = fc.record({
  fin: fc.constantFrom(true, true, true, false),
  rsv: fc.constantFrom(0, 0, 0, 0, 0, 0, 4),
  opcode: fc.constantFrom(1, 1, 1, 2, 2, 0, 9, 10, 8),
  payload,
  mask: fc.constant(true),
});

/** What there may be that is not to be unmasked. */
const odd = fc.oneof(
  fc.record({ opcode: fc.constant(1), payload: fc.constant(Buffer.alloc(3)), mask: fc.constant(false) }).map(frame),
  fc.constant(frame({ opcode: 2, payload: Buffer.alloc(65_536), mask: true })),
  // Of which there is only the beginning, with any length.
  fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes).fill(0x82, 0, 1)),
  // A length that is not in its shortest form: the parser refuses it, unmasked or not.
  fc.constant(hex('82 fe 00 02 01 02 03 04 05 06')),
);

const stream = fc
  .tuple(fc.array(frameSpec, { maxLength: 30 }), fc.option(odd), fc.array(frameSpec, { maxLength: 3 }))
  .map(([before, one, after]) => [...before.map(frame), ...(one === null ? [] : [one]), ...after.map(frame)]);

interface Unmasked {
  readonly until: number;
  readonly ascii: number;
}

/** What `unmaskAhead` is to do, by the drawing of RFC 6455 §5.2, to `bytes[at, end)`. */
function unmaskPlain(bytes: Buffer, at: number, end: number): Unmasked {
  let ascii: number | undefined;
  while (at + 6 <= end) {
    const second = bytes[at + 1]!;
    const is16 = second === (0x80 | 126);
    if (second < 0x80 || second === 0xff || (is16 && at + 8 > end)) break;
    const size = is16 ? bytes.readUInt16BE(at + 2) : second & 0x7f;
    const start = at + (is16 ? 8 : 6);
    if (start + size > end) break;
    applyMaskPlain(bytes, start, start + size, bytes.readInt32LE(start - 4));
    bytes.writeInt32LE(0, start - 4);
    const isWide = bytes.subarray(start, start + size).some((byte) => byte >= 0x80);
    if (isWide && (bytes[at]! & 0x0f) !== 2) ascii ??= at;
    at = start + size;
  }
  return { until: at, ascii: ascii ?? at };
}

const stop = fc.array(fc.nat(30), { maxLength: 4 });
const cuts = fc.array(fc.nat(5_000), { maxLength: 3 });

function inChunks(wire: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at, wire.length].map((end) => Math.min(end, wire.length)).toSorted((a, b) => a - b);
  return ends.map((end, i) => Buffer.from(wire.subarray(ends[i - 1] ?? 0, end)));
}

describe('frames that lie behind each other', () => {
  it('stay as they are without the kernel', () => {
    const bytes = Buffer.from(frame({ opcode: 1, payload: Buffer.from('hello'), mask: true }));
    const before = Buffer.from(bytes);
    expect(unmaskAhead(bytes, 0)).toBe(bytes.length);
    expect([unmaskedUntil, asciiUntil]).toEqual([0, 0]);
    expect(bytes.equals(before)).toBe(true);
  });

  it('are unmasked as by the plain loop, and nothing around them changes', () => {
    makeKernel();
    fc.assert(
      fc.property(stream, fc.nat(20), fc.nat(20), fc.nat(20), (frames, before, at, behind) => {
        const all = Buffer.concat(frames);
        const memory = Buffer.from(new ArrayBuffer(before + at + all.length + behind)).fill(0x77);
        all.copy(memory, before + at);
        const chunk = Buffer.from(memory.buffer, before, at + all.length);
        const plain = Buffer.from(memory);
        const end = Math.min(chunk.length, at + TILE - 64);
        const { until, ascii } = unmaskPlain(plain.subarray(before), at, end);
        expect(unmaskAhead(chunk, at)).toBe(end);
        expect([unmaskedUntil, asciiUntil]).toEqual([until, ascii]);
        expect(memory.equals(plain)).toBe(true);
      }),
      runs(1_000, 100_000),
    );
  });

  it('come to the same as when they arrive byte by byte, sound or not, and wherever reading stops', () => {
    makeKernel();
    const options = { maxPayload: 4_000 };
    let isAhead = 0;
    fc.assert(
      fc.property(stream, stop, cuts, fc.boolean(), (frames, stops, at, isLent) => {
        const wire = Buffer.concat(frames);
        const bytewise = new Recorder('server', options);
        for (const octet of wire) bytewise.connection.reader.receive(Buffer.of(octet));

        const atOnce = new Recorder('server', options);
        const { reader } = atOnce.connection;
        let told = 0;
        atOnce.onMessage = () => {
          if (stops.includes(told++)) reader.suspend();
        };
        for (const chunk of inChunks(wire, at)) {
          reader.receive(chunk, isLent);
          if (chunk.length > WORTH_AHEAD) isAhead += Number(chunk.readInt32LE(chunk[1] === 0xfe ? 4 : 2) === 0);
          if (isLent) chunk.fill(0xff);
        }
        for (let i = 0; i < stops.length; i++) reader.resume();
        expect(atOnce.effects).toEqual(bytewise.effects);
        expect(atOnce.sent().equals(bytewise.sent())).toBe(true);
      }),
      runs(1_000, 100_000),
    );
    expect(isAhead).toBeGreaterThan(0);
  });

  it('say nothing of those in the next chunk', () => {
    makeKernel();
    const ascii = frame({ opcode: 1, payload: Buffer.alloc(100, 'a'), mask: true });
    const wide = frame({ opcode: 1, payload: Buffer.from('é'), mask: true });
    const ping = frame({ opcode: 9, mask: true });
    const recorder = new Recorder('server');
    for (const frames of [Array.from({ length: 9 }, () => ascii), [wide, ping]])
      recorder.receive(Buffer.concat(frames));
    expect(recorder.messages.at(-1)!.data.toString()).toBe('é');
  });

  it('go to the kernel once, however they end', () => {
    makeKernel();
    const look = vi.spyOn(askKernel()!, 'unmaskFrames');
    try {
      const small = frame({ opcode: 2, payload: Buffer.alloc(20), mask: true });
      // Those in which a look ends are begun anew by nobody, though they could be.
      const large = frame({ opcode: 2, payload: Buffer.alloc(4_000), mask: true });
      const frames = Array.from({ length: 15 }, () => [large, small, small]).flat();
      const recorder = new Recorder('server').receive(Buffer.concat(frames));
      expect(recorder.messages.length).toBe(frames.length);
      expect(look.mock.calls.length).toBeGreaterThan(1);
      expect(look.mock.calls.length).toBeLessThanOrEqual(Math.ceil(Buffer.concat(frames).length / TILE));
    } finally {
      look.mockRestore();
    }
  });
});
