import * as ws from 'ws';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/protocol/role.ts';
import { runs } from '../support/runs.ts';
import { frame, type FrameSpec, Recorder } from '../support/wire.ts';

const role = fc.constantFrom<Role>('server', 'client');

const anyPayload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 140 }) },
  { weight: 1, arbitrary: fc.constantFrom(125, 126, 127, 1000, 65535, 65536).map((size) => new Uint8Array(size)) },
);
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((string) => new Uint8Array(Buffer.from(string)));
const message = fc.oneof(
  text.map((data) => ({ data, isBinary: false })),
  anyPayload.map((data) => ({ data, isBinary: true })),
);
const control = fc.record({ opcode: fc.constantFrom(9, 10), payload: fc.uint8Array({ maxLength: 125 }) });

interface Spec {
  readonly data: Uint8Array;
  readonly isBinary: boolean;
  readonly cuts: readonly number[];
  readonly controls: readonly { opcode: number; payload: Uint8Array }[];
}

const spec: fc.Arbitrary<Spec> = fc
  .tuple(message, fc.array(fc.nat(140), { maxLength: 4 }), fc.array(control, { maxLength: 2 }))
  .map(([one, cuts, controls]) => ({ ...one, cuts, controls }));

/** Any fragmentation, with any control frames between the fragments. */
function encode({ data, isBinary, cuts, controls }: Spec, mask: boolean): Buffer {
  const ends = [...cuts.map((cut) => Math.min(cut, data.length)).toSorted((a, b) => a - b), data.length];
  const frames: Buffer[] = [];
  let from = 0;
  for (const [i, end] of ends.entries()) {
    const opcode = i > 0 ? 0 : isBinary ? 2 : 1;
    frames.push(frame({ fin: i === ends.length - 1, opcode, payload: data.subarray(from, end), mask }));
    const between = controls[i];
    if (between !== undefined) frames.push(frame({ ...between, mask }));
    from = end;
  }
  return Buffer.concat(frames);
}

const chunking = fc.oneof(
  fc.array(fc.nat(2000), { maxLength: 12 }),
  fc.constant(Array.from({ length: 600 }, (_, i) => i)),
);

describe('a peer receives what was sent', () => {
  it('however the messages are fragmented, interleaved and split into chunks, in both roles', () => {
    fc.assert(
      fc.property(role, fc.array(spec, { maxLength: 4 }), chunking, (receiver, specs, cuts) => {
        const wire = Buffer.concat(specs.map((one) => encode(one, receiver === 'server')));
        const peer = new Recorder(receiver).receive(wire, cuts);
        expect(peer.errors).toEqual([]);
        expect(peer.messages.length).toBe(specs.length);
        for (const [i, { data, isBinary }] of specs.entries()) {
          expect(peer.messages[i]!.isBinary).toBe(isBinary);
          expect(peer.messages[i]!.data.equals(data)).toBe(true);
        }
        const pings = specs.flatMap(({ controls, cuts: parts }) => controls.slice(0, parts.length + 1));
        const heard = peer.effects.filter(({ kind }) => kind === 'ping' || kind === 'pong');
        expect(heard).toEqual(
          pings.map((one) => ({ kind: one.opcode === 9 ? 'ping' : 'pong', data: Buffer.from(one.payload) })),
        );
      }),
      runs(3_000, 10_000_000),
    );
  });

  it('from one connection to another', () => {
    fc.assert(
      fc.property(role, fc.array(message, { maxLength: 6 }), chunking, (receiver, messages, cuts) => {
        const sender = new Recorder(receiver === 'server' ? 'client' : 'server');
        for (const { data, isBinary } of messages) {
          if (isBinary) sender.connection.writer.message(data, true);
          else sender.connection.writer.message(Buffer.from(data).toString(), false);
        }
        const peer = new Recorder(receiver).receive(sender.sent(), cuts);
        expect(peer.effects.length).toBe(messages.length);
        for (const [i, { data, isBinary }] of messages.entries()) {
          expect(peer.messages[i]!.isBinary).toBe(isBinary);
          expect(peer.messages[i]!.data.equals(data)).toBe(true);
        }
      }),
      runs(3_000, 10_000_000),
    );
  });
});

/** Frames that are nearly right, so that every rule is met often. */
const wildFrame: fc.Arbitrary<FrameSpec> = fc.record({
  fin: fc.boolean(),
  rsv: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(7)),
  opcode: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) }, fc.nat(15)),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 10 }),
    text,
    fc.constantFrom(new Uint8Array([3, 232]), new Uint8Array(126)),
  ),
  mask: fc.boolean(),
});
const wild = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.boolean(), fc.array(wildFrame, { maxLength: 6 }), fc.uint8Array({ maxLength: 5 }))
    .map(([mask, frames, tail]) => Buffer.concat([...frames.map((one) => frame({ ...one, mask })), tail])),
);

const limits = { maxPayload: 200, maxFragments: 4 };

describe('arbitrary bytes', () => {
  it('end in messages or in one ProtocolError, and nothing comes after it', () => {
    fc.assert(
      fc.property(role, wild, (receiver, bytes) => {
        const peer = new Recorder(receiver, limits).receive(bytes);
        expect(peer.errors.length).toBeLessThanOrEqual(1);
        for (const { closeCode } of peer.errors) expect([1002, 1007, 1008, 1009]).toContain(closeCode);
        const last = peer.effects.findIndex(({ kind }) => kind === 'error' || kind === 'closing');
        if (last >= 0) expect(last).toBe(peer.effects.length - 1);
      }),
      runs(10_000, 20_000_000),
    );
  });

  it('have the same effects and answers however they are split', () => {
    fc.assert(
      fc.property(role, wild, fc.array(fc.nat(100), { maxLength: 8 }), (receiver, bytes, cuts) => {
        const options = { ...limits, nextMaskingKey: () => 0 };
        const whole = new Recorder(receiver, options).receive(bytes);
        const split = new Recorder(receiver, options).receive(bytes, cuts);
        const single = new Recorder(receiver, options).receive(
          bytes,
          Array.from(bytes, (_, i) => i),
        );
        expect(split.effects).toEqual(whole.effects);
        expect(single.effects).toEqual(whole.effects);
        const sent = whole.sent();
        expect(split.sent()).toEqual(sent);
        expect(single.sent()).toEqual(sent);
      }),
      runs(10_000, 20_000_000),
    );
  });

  it('are accepted and refused as by the receiver of ws, where that is not laxer on purpose', async () => {
    await fc.assert(
      fc.asyncProperty(role, wild, async (receiver, bytes) => {
        const ours = new Recorder(receiver, limits).receive(bytes);
        const theirs = await receiveByWs(receiver, bytes);
        const error = ours.errors[0];
        // Stricter: minimal lengths, the top bit, UTF-8 before the message is complete.
        if (error?.code === 'WS_ERR_INVALID_LENGTH_ENCODING') return;
        if (error?.code === 'WS_ERR_INVALID_UTF8' && theirs.error !== 'WS_ERR_INVALID_UTF8') return;
        expect(error?.code).toBe(theirs.error);
        expect(ours.messages.map(({ data, isBinary }) => [data.toString('hex'), isBinary])).toEqual(theirs.messages);
        expect(ours.effects.find(({ kind }) => kind === 'closing')).toEqual(theirs.closing);
      }),
      runs(3_000, 5_000_000),
    );
  });
});

interface WsOutcome {
  readonly messages: [string, boolean][];
  readonly error: string | undefined;
  readonly closing: object | undefined;
}

async function receiveByWs(receiver: Role, bytes: Buffer): Promise<WsOutcome> {
  // Its types leave this part out.
  const { Receiver: Peer } = ws as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };
  const peer = new Peer({ isServer: receiver === 'server', ...limits });
  const messages: [string, boolean][] = [];
  let error: string | undefined;
  let closing: object | undefined;
  peer.on('message', (data: Buffer, isBinary: boolean) => messages.push([data.toString('hex'), isBinary]));
  peer.on('error', ({ code }: { code: string }) => (error = code));
  peer.on('conclude', (code: number, reason: Buffer) => (closing = { kind: 'closing', code, reason: String(reason) }));
  peer.write(Buffer.from(bytes));
  await new Promise((resolve) => setImmediate(resolve));
  return { messages, error, closing };
}

describe('cost', () => {
  it('in memory: at most three times what was received, and a little', () => {
    fc.assert(
      fc.property(
        role,
        fc.array(fc.record({ size: fc.nat(3000), declared: fc.nat(1 << 24) }), { minLength: 1, maxLength: 20 }),
        (receiver, parts) => {
          const peer = new Recorder(receiver, { maxPayload: 0 });
          let received = 0;
          for (const [i, { size, declared }] of parts.entries()) {
            // The last frame declares far more than arrives.
            const whole = frame({
              fin: false,
              opcode: i === 0 ? 2 : 0,
              payload: new Uint8Array(size),
              mask: receiver === 'server',
            });
            const unfinished = Buffer.from([0x00, (receiver === 'server' ? 0x80 : 0) | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
            unfinished.writeUInt32BE(65536 + declared, 6);
            const bytes = i === parts.length - 1 && i > 0 ? Buffer.concat([unfinished, Buffer.alloc(size)]) : whole;
            peer.receive(bytes);
            received += bytes.length;
            expect(peer.connection.reader.bytesHeld).toBeLessThanOrEqual(3 * received + 1024);
          }
          expect(peer.errors).toEqual([]);
        },
      ),
      runs(2_000, 200_000),
    );
  });

  it.each([
    ['one-byte chunks', (n: number) => ({ bytes: frame({ opcode: 2, payload: new Uint8Array(n) }), chunk: 1 })],
    ['one-byte fragments', (n: number) => ({ bytes: fragments(n, 1), chunk: 65536 })],
    ['empty fragments', (n: number) => ({ bytes: fragments(n, 0), chunk: 65536 })],
    [
      'one-byte chunks of text',
      (n: number) => ({ bytes: frame({ opcode: 1, payload: Buffer.alloc(n, 'é') }), chunk: 1 }),
    ],
    [
      'chunks while reading is suspended',
      (n: number) => ({ bytes: frame({ opcode: 2, payload: new Uint8Array(n) }), chunk: 1, suspended: true }),
    ],
  ])('in time: linear for %s', (_, make: (n: number) => { bytes: Buffer; chunk: number; suspended?: boolean }) => {
    const time = (n: number): number => {
      const { bytes, chunk, suspended } = make(n);
      let best = Infinity;
      for (let round = 0; round < 3; round++) {
        const peer = new Recorder('client', { maxFragments: 0 });
        const received = Buffer.from(bytes);
        if (suspended) peer.connection.reader.suspend();
        const started = performance.now();
        for (let at = 0; at < received.length; at += chunk) {
          peer.connection.reader.receive(received.subarray(at, at + chunk));
        }
        peer.connection.reader.resume();
        best = Math.min(best, performance.now() - started);
        expect(peer.messages.length).toBe(1);
      }
      return best;
    };
    time(16_384);
    // Four times the work: what is quadratic takes sixteen times as long at every try, whatever else the machine does.
    let ratio = Infinity;
    for (let tries = 0; tries < 5 && ratio >= 6; tries++) ratio = time(131_072) / time(32_768);
    expect(ratio).toBeLessThan(6);
  });
});

function fragments(n: number, size: number): Buffer {
  const payload = new Uint8Array(size);
  const first = frame({ fin: false, opcode: 2, payload });
  const middle = Buffer.alloc((2 + size) * n, frame({ fin: false, opcode: 0, payload }));
  return Buffer.concat([first, middle, frame({ opcode: 0 })]);
}
