import net from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../src/protocol/outbox.ts';
import { writeOutbox, writesAtOnce } from '../../src/socket/stream-writer.ts';
import { runs } from '../support/runs.ts';

const SLOW = 5;

/** Keeps what it was given, and looks at it long after. */
class SlowStream extends Duplex {
  readonly chunks: Buffer[] = [];
  onWrite = (): void => {};

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.chunks.push(chunk);
    this.onWrite();
    setImmediate(callback);
  }
}

function copyIn(box: Outbox, bytes: Uint8Array): void {
  const at = box.reserve(bytes.length);
  box.slab.bytes.set(bytes, at);
  box.commit(bytes.length);
}

describe('writing to a stream that takes its time', () => {
  const size = fc.oneof({ weight: 4, arbitrary: fc.nat(300) }, fc.nat(20_000), fc.constantFrom(16_384, 65_536, 70_000));
  const step = fc.record({ act: fc.constantFrom('copy', 'copy', 'append', 'write'), box: fc.nat(1), size });

  it('never writes again what it has not read yet', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const streams = [new SlowStream(), new SlowStream()];
        const boxes = streams.map(() => new Outbox());
        const write = (i: number): number => writeOutbox(streams[i]!, boxes[i]!, false);
        const expected: Buffer[][] = [[], []];
        for (const [i, { act, box, size: n }] of steps.entries()) {
          const bytes = Buffer.alloc(n, i + 1);
          if (act === 'write') write(box);
          else if (act === 'copy') copyIn(boxes[box]!, bytes);
          else boxes[box]!.append(bytes);
          if (act !== 'write') expected[box]!.push(bytes);
        }
        for (const i of streams.keys()) expect(write(i)).toBe(streams[i]!.writableLength);
        for (let i = 0; i < steps.length + SLOW; i++) await new Promise(setImmediate);
        for (const [i, { chunks }] of streams.entries()) {
          expect(Buffer.concat(chunks).equals(Buffer.concat(expected[i]!))).toBe(true);
        }
      }),
      runs(100, 10_000),
    );
  });

  it('loses nothing that is sent while it writes', () => {
    const stream = new SlowStream();
    const box = new Outbox();
    stream.onWrite = () => {
      stream.onWrite = () => {};
      copyIn(box, Buffer.from('and behind'));
    };
    copyIn(box, Buffer.from('before '));
    writeOutbox(stream, box, false);
    expect(box.length).toBe(10);
    expect(Buffer.concat(box.take()).toString()).toBe('and behind');
    expect(stream.chunks.join('')).toBe('before ');
  });
});

describe('memory that is written again', () => {
  it('is kept from a socket that has a way of its own to write, as that may keep what it is given', () => {
    class Recorded extends net.Socket {
      override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
        callback();
      }
    }
    const patched = new net.Socket();
    patched.write = () => true;
    const all = [new net.Socket(), new Recorded(), patched, new Duplex()];
    expect(all.map(writesAtOnce)).toEqual([true, false, false, false]);
  });
});
