import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeflateParams } from '../../src/protocol/deflate-parameters.ts';
import { deflateShared } from '../../src/protocol/deflate-shared.ts';
import { createPerMessageDeflate, type PerMessageDeflate } from '../../src/protocol/permessage-deflate.ts';
import { payloads, windowBits, zlibDeflateOptions } from '../support/deflate-messages.ts';
import { referenceInflate } from '../support/reference-inflate.ts';
import { runs } from '../support/runs.ts';
import { wsCompress, wsDecompress, WsPerMessageDeflate } from '../support/ws-deflate.ts';

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

const params: fc.Arbitrary<DeflateParams> = fc.record({
  serverNoContextTakeover: fc.boolean(),
  clientNoContextTakeover: fc.boolean(),
  serverMaxWindowBits: windowBits,
  clientMaxWindowBits: windowBits,
});
const options = fc.oneof(fc.constant({}), fc.record({ zlibDeflateOptions }));
const role = fc.constantFrom('server' as const, 'client' as const);

/** A message, how it travels, and where it is cut into fragments. */
interface Message {
  readonly payload: Buffer;
  readonly way: 'deflated' | 'shared' | 'plain';
  readonly cuts: readonly number[];
}
const messages: fc.Arbitrary<Message[]> = fc.array(
  fc.record({
    payload: payloads,
    way: fc.constantFrom('deflated', 'deflated', 'deflated', 'shared', 'plain'),
    cuts: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.nat(), { maxLength: 3 }) },
    ),
  }),
  { maxLength: 6 },
);

function fragments({ payload, cuts }: Message): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (payload.length + 1)).toSorted((a, b) => a - b), payload.length];
  return ends.map((end, i) => payload.subarray(ends[i - 1] ?? 0, end));
}

/** What a sender puts into frames with RSV1, joined; `undefined` for a message without RSV1. */
function send({ deflater }: PerMessageDeflate, message: Message): Buffer | undefined {
  if (message.way === 'plain') return undefined;
  if (message.way === 'shared') {
    deflater.remember(message.payload);
    return deflateShared(message.payload, deflater.settings);
  }
  const parts = fragments(message);
  return Buffer.concat(parts.map((part, i) => deflater.deflate(part, i === parts.length - 1)));
}

/** The peer of `ws` on the other side of `params`. */
function wsPeer(isServer: boolean, agreed: DeflateParams, level = -1) {
  const peer = new WsPerMessageDeflate({ isServer, threshold: 0, zlibDeflateOptions: { level } });
  peer.accept([
    {
      ...(agreed.serverNoContextTakeover && { server_no_context_takeover: [true] }),
      ...(agreed.clientNoContextTakeover && { client_no_context_takeover: [true] }),
      server_max_window_bits: [String(agreed.serverMaxWindowBits)],
      client_max_window_bits: [String(agreed.clientMaxWindowBits)],
    },
  ]);
  return peer;
}

describe('permessage-deflate', () => {
  it('gives back what was sent, with every agreement, and refers no further back than was agreed', () => {
    fc.assert(
      fc.property(params, options, role, messages, (agreed, tuning, sender, sent) => {
        const from = createPerMessageDeflate(sender, agreed, tuning);
        const to = createPerMessageDeflate(sender === 'server' ? 'client' : 'server', agreed);
        const bits = sender === 'server' ? agreed.serverMaxWindowBits : agreed.clientMaxWindowBits;
        const isFresh = sender === 'server' ? agreed.serverNoContextTakeover : agreed.clientNoContextTakeover;
        let history: number[] = [];
        for (const each of sent) {
          const wire = send(from, each);
          if (wire === undefined) continue;
          expect(to.inflater.inflate(wire).equals(each.payload)).toBe(true);
          if (isFresh) history = [];
          const before = history.length;
          const { reach } = referenceInflate(Buffer.concat([wire, TAIL]), history);
          expect(Buffer.from(history.slice(before)).equals(each.payload)).toBe(true);
          expect(reach).toBeLessThanOrEqual(1 << bits);
        }
        if (isFresh) expect(from.deflater.bytesHeld + to.inflater.bytesHeld).toBe(0);
      }),
      runs(2000, 500_000),
    );
  });

  it('is understood by ws', async () => {
    await fc.assert(
      fc.asyncProperty(params, options, role, messages, async (agreed, tuning, sender, sent) => {
        const from = createPerMessageDeflate(sender, agreed, tuning);
        const to = wsPeer(sender === 'client', agreed);
        for (const each of sent) {
          const wire = send(from, each);
          if (wire === undefined) continue;
          expect((await wsDecompress(to, wire)).equals(each.payload)).toBe(true);
        }
        to.cleanup();
      }),
      runs(2000, 500_000),
    );
  });

  it('understands ws', async () => {
    await fc.assert(
      fc.asyncProperty(params, fc.integer({ min: 0, max: 9 }), role, messages, async (agreed, level, sender, sent) => {
        const from = wsPeer(sender === 'server', agreed, level);
        const to = createPerMessageDeflate(sender === 'server' ? 'client' : 'server', agreed);
        for (const each of sent) {
          if (each.way === 'plain') continue;
          const parts = fragments(each);
          const wire: Buffer[] = [];
          for (const [i, part] of parts.entries()) wire.push(await wsCompress(from, part, i === parts.length - 1));
          expect(to.inflater.inflate(Buffer.concat(wire)).equals(each.payload)).toBe(true);
        }
        from.cleanup();
      }),
      runs(2000, 500_000),
    );
  });

  it('gives each role its own direction', () => {
    const agreed = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 12,
    };
    const server = createPerMessageDeflate('server', agreed);
    const client = createPerMessageDeflate('client', agreed);
    expect(server.deflater.settings.windowBits).toBe(9);
    expect(client.deflater.settings.windowBits).toBe(12);
    const text = Buffer.alloc(5000, 'halyard');
    for (let i = 0; i < 3; i++) {
      expect(client.inflater.inflate(server.deflater.deflate(text)).equals(text)).toBe(true);
      expect(server.inflater.inflate(client.deflater.deflate(text)).equals(text)).toBe(true);
    }
    expect([server.deflater.bytesHeld, client.inflater.bytesHeld]).toEqual([0, 0]);
    expect(client.deflater.bytesHeld).toBeGreaterThan(0);
    expect(server.inflater.bytesHeld).toBeGreaterThan(0);
    expect(server.inflater.bytesHeld).toBeLessThanOrEqual(1.25 * 4096);
  });
});
