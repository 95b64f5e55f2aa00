import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, encodeTextFrame } from '../../src/protocol/frame-encoder.ts';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { FIN, Opcode } from '../../src/protocol/opcode.ts';
import { Outbox } from '../../src/protocol/outbox.ts';
import { makeKernel } from '../support/kernel.ts';
import { runs } from '../support/runs.ts';

/** RFC 6455 §5.2, written plainly. */
function frame(first: number, payload: Uint8Array, key: number | undefined): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = (length < 126 ? length : length < 65_536 ? 126 : 127) | (key === undefined ? 0 : 0x80);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  if (key === undefined) return Buffer.concat([header, payload]);
  const octets = Buffer.alloc(4);
  octets.writeInt32LE(key);
  const masked = Buffer.from(payload);
  applyMaskPlain(masked, 0, length, key);
  return Buffer.concat([header, octets, masked]);
}

const key = fc.option(fc.integer(), { nil: undefined });
const size = fc.oneof(
  fc.nat(300),
  fc.nat(5_000),
  fc.constantFrom(125, 126, 16_383, 16_384, 65_521, 65_522, 65_523, 65_535, 65_536, 131_058, 131_059, 200_001),
);
const binary = fc.record({ size, skip: fc.nat(9), seed: fc.nat(250), key });
const count = fc.oneof(fc.nat(30), fc.nat(30_000));
const text = fc.record({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud800', 'abcé'), count, key });

describe('frames in an outbox', () => {
  it.each([
    ['memory of its own', false],
    ['memory of the kernel', true],
  ])(
    'are those of §5.2 and §5.3 in %s, however many lie before them, and leave payloads as they are',
    (_, inKernel) => {
      if (inKernel) makeKernel();
      fc.assert(
        fc.property(fc.array(fc.oneof(binary, binary, text), { maxLength: 5 }), (messages) => {
          const outbox = new Outbox();
          outbox.inKernel = inKernel;
          const expected: Buffer[] = [];
          for (const message of messages) {
            if ('unit' in message) {
              const data = message.unit.repeat(message.count);
              encodeTextFrame(outbox, FIN | Opcode.Text, data, message.key);
              expected.push(frame(FIN | Opcode.Text, Buffer.from(data), message.key));
            } else {
              const payload = new Uint8Array(message.skip + message.size).subarray(message.skip);
              for (let i = 0; i < payload.length; i++) payload[i] = i * 7 + message.seed;
              const wire = frame(FIN | Opcode.Binary, payload, message.key);
              const before = payload.slice();
              encodeFrame(outbox, FIN | Opcode.Binary, payload, message.key);
              expect(Buffer.compare(payload, before)).toBe(0);
              expected.push(wire);
            }
          }
          const wire = Buffer.concat(expected);
          expect(outbox.length).toBe(wire.length);
          expect(Buffer.concat(outbox.take()).equals(wire)).toBe(true);
          outbox.recycle();
        }),
        runs(150, 10_000),
      );
    },
  );
});
