import { isAscii, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConnectionHandler } from '../../src/protocol/connection-types.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { MessageDelivery } from '../../src/protocol/message-delivery.ts';
import { runs } from '../support/runs.ts';

const KEY = [0x12, 0x34, 0x56, 0x78] as const;

interface Way {
  readonly name: string;
  readonly isMasked: boolean;
  deliver(delivery: Open, isBinary: boolean, bytes: Buffer, start: number, end: number): void;
}

/** One whose ways can be gone by hand, with all that is told. */
class Open extends MessageDelivery {
  readonly told: unknown[] = [];

  constructor(wantsString: boolean | undefined, validatesUtf8: boolean) {
    const handler: Partial<ConnectionHandler> = {
      message: (bytes, start, end, isBinary, ascii) => {
        const payload = bytes.subarray(start, end);
        if (ascii) expect(isAscii(payload)).toBe(true);
        this.told.push([isBinary, payload.toString('hex')]);
      },
      text: (text, size) => this.told.push([text, size]),
    };
    if (wantsString !== undefined) handler.wantsString = () => wantsString;
    super(handler as ConnectionHandler, validatesUtf8);
  }

  keep(bytes: Buffer, start: number, end: number): Buffer {
    return bytes.subarray(start, end);
  }

  masked(isBinary: boolean, bytes: Buffer, start: number, end: number): void {
    const key = Buffer.from(KEY).readInt32LE();
    if (isBinary) this.deliverBinary(bytes, start, end, key);
    else this.deliverText(bytes, start, end, key, false);
  }

  unmasked(isBinary: boolean, bytes: Buffer, start: number, end: number): void {
    if (isBinary) this.deliverBinary(bytes, start, end, 0);
    else this.deliverText(bytes, start, end, 0, false);
  }

  inPlace(isBinary: boolean, bytes: Buffer, start: number, end: number): void {
    this.deliverInPlace(isBinary, bytes, start, end, isAscii(bytes.subarray(start, end)));
  }

  inflated(isBinary: boolean, bytes: Buffer, start: number, end: number): void {
    this.deliverInflated(bytes.subarray(start, end), isBinary);
  }
}

const ways: readonly Way[] = (['masked', 'unmasked', 'inPlace', 'inflated'] as const).map((name) => ({
  name,
  isMasked: name === 'masked',
  deliver: (delivery, ...args) => delivery[name](...args),
}));

const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
  fc.string({ unit: 'grapheme', minLength: 500, maxLength: 600 }).map((text) => Buffer.from(text)),
  fc.string({ unit: 'grapheme-ascii', minLength: 500, maxLength: 600 }).map((text) => Buffer.from(text)),
);

describe('what becomes of a payload', () => {
  it.each(ways)(
    '$name: it is told as it was sent, as a string if one is wanted, or refused',
    ({ deliver, isMasked }) => {
      fc.assert(
        fc.property(
          payloads,
          fc.boolean(),
          fc.option(fc.boolean(), { nil: undefined }),
          fc.boolean(),
          (payload, isBinary, wantsString, validates) => {
            const bytes = Buffer.concat([Buffer.alloc(3, 0xff), payload, Buffer.alloc(2, 0xff)]);
            if (isMasked) payload.forEach((byte, i) => (bytes[3 + i] = byte ^ KEY[i % 4]!));
            const delivery = new Open(wantsString, validates);
            const go = (): void => deliver(delivery, isBinary, bytes, 3, 3 + payload.length);
            if (!isBinary && validates && !isUtf8(payload)) {
              expect(go).toThrow(ProtocolError);
              expect(delivery.told).toEqual([]);
              return;
            }
            go();
            const isString = !isBinary && wantsString === true;
            expect(delivery.told).toEqual([
              isString ? [payload.toString(), payload.length] : [isBinary, payload.toString('hex')],
            ]);
          },
        ),
        runs(300, 20_000),
      );
    },
  );
});
