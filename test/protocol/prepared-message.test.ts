import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPerMessageDeflate } from '../../src/protocol/permessage-deflate.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { runs } from '../support/runs.ts';
import { Recorder } from '../support/wire.ts';

interface Terms {
  readonly bits: number;
  readonly takeover: boolean;
}

function pair({ bits, takeover }: Terms): { server: Recorder; client: Recorder } {
  const params = {
    serverNoContextTakeover: !takeover,
    clientNoContextTakeover: !takeover,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: 15,
  };
  const end = (role: 'server' | 'client'): Recorder =>
    new Recorder(role, { deflate: createPerMessageDeflate(role, params, { threshold: 20 }) });
  return { server: end('server'), client: end('client') };
}

const text = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom('the same words again and again, '.repeat(9), 'x'));
const terms = fc.record({ bits: fc.integer({ min: 8, max: 15 }), takeover: fc.boolean() });

describe('a prepared message', () => {
  it('reads the same on every connection, among messages of its own', () => {
    fc.assert(
      fc.property(
        fc.array(terms, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(text, fc.boolean()), { maxLength: 8 }),
        (members, messages) => {
          const pairs = members.map(pair);
          for (const [data, isPrepared] of messages) {
            const message = new PreparedMessage(data);
            for (const { server } of pairs) {
              if (isPrepared) server.connection.writer.prepared(message);
              else server.connection.writer.message(data, false);
            }
          }
          for (const { server, client } of pairs) {
            client.receive(server.sent());
            expect(client.errors).toEqual([]);
            expect(client.messages.map(({ data }) => data.toString())).toEqual(
              messages.map(([data]) => Buffer.from(data).toString()),
            );
          }
        },
      ),
      runs(300, 50_000),
    );
  });

  it('is compressed once for all that share parameters, and once more for each other kind', () => {
    const message = new PreparedMessage('compress me, '.repeat(100));
    const [one, two, other] = [15, 15, 10].map((bits) => createPerMessageDeflate('server', termsOf(bits)).deflater);
    expect(message.deflatedFrame(one!.settings)).toBe(message.deflatedFrame(two!.settings));
    expect(message.deflatedFrame(other!.settings)).not.toBe(message.deflatedFrame(one!.settings));
    expect(message.deflatedFrame(one!.settings).length).toBeLessThan(100);
  });

  it('goes out plain where compressing it is not worth it', () => {
    const { server } = pair({ bits: 15, takeover: false });
    server.connection.writer.prepared(new PreparedMessage('short'));
    expect(server.sent()).toEqual(Buffer.from('\x81\x05short', 'latin1'));
  });
});

function termsOf(serverMaxWindowBits: number) {
  return {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits,
    clientMaxWindowBits: 15,
  };
}
