import { describe, expect, it } from 'vitest';
import { Opcode } from '../../src/protocol/opcode.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { frame, hex, Recorder } from '../support/wire.ts';

const closeFrame = (code: number): string => `88 02 ${code.toString(16).padStart(4, '0')}`;

describe('the examples of §5.7', () => {
  it.each([
    ['a single-frame unmasked text', 'client', '81 05 48 65 6c 6c 6f', 'Hello'],
    ['a single-frame masked text', 'server', '81 85 37 fa 21 3d 7f 9f 4d 51 58', 'Hello'],
    ['a fragmented unmasked text', 'client', '01 03 48 65 6c 80 02 6c 6f', 'Hello'],
  ] as const)('reads %s', (_, role, bytes, text) => {
    const peer = new Recorder(role).receive(hex(bytes));
    expect(peer.messages.map(({ data, isBinary }) => [data.toString(), isBinary])).toEqual([[text, false]]);
  });

  it('answers a ping with the same payload, masked by a client', () => {
    const server = new Recorder('server').receive(hex('89 85 37 fa 21 3d 7f 9f 4d 51 58'));
    expect(server.sent()).toEqual(hex('8a 05 48 65 6c 6c 6f'));
    const client = new Recorder('client', { nextMaskingKey: () => 0x3d21fa37 }).receive(hex('89 05 48 65 6c 6c 6f'));
    expect(client.sent()).toEqual(hex('8a 85 37 fa 21 3d 7f 9f 4d 51 58'));
  });

  it.each([
    ['256 bytes in a single frame', 256, '82 7e 01 00'],
    ['64 KiB in a single frame', 65536, '82 7f 00 00 00 00 00 01 00 00'],
  ])('reads and writes %s', (_, length, header) => {
    const payload = Buffer.alloc(length, 7);
    const peer = new Recorder('client').receive(Buffer.concat([hex(header), payload]));
    expect(peer.messages[0]!.data.equals(payload)).toBe(true);
    const server = new Recorder('server');
    server.connection.writer.message(payload, true);
    expect(server.sent().equals(Buffer.concat([hex(header), payload]))).toBe(true);
  });
});

describe('what a peer may not send', () => {
  it.each([
    ['an unmasked frame from a client', 'server', '81 00', 1002, 'WS_ERR_EXPECTED_MASK'],
    ['a masked frame from a server', 'client', '81 80 00 00 00 00', 1002, 'WS_ERR_UNEXPECTED_MASK'],
    ['RSV1 without an extension', 'client', 'c1 00', 1002, 'WS_ERR_UNEXPECTED_RSV_1'],
    ['RSV2', 'client', 'a1 00', 1002, 'WS_ERR_UNEXPECTED_RSV_2_3'],
    ['RSV3', 'client', '91 00', 1002, 'WS_ERR_UNEXPECTED_RSV_2_3'],
    ['RSV1 on a ping', 'client', 'c9 00', 1002, 'WS_ERR_UNEXPECTED_RSV_1'],
    ['opcode 3', 'client', '83 00', 1002, 'WS_ERR_INVALID_OPCODE'],
    ['opcode 7', 'client', '87 00', 1002, 'WS_ERR_INVALID_OPCODE'],
    ['opcode 11', 'client', '8b 00', 1002, 'WS_ERR_INVALID_OPCODE'],
    ['opcode 15', 'client', '8f 00', 1002, 'WS_ERR_INVALID_OPCODE'],
    ['a fragmented ping', 'client', '09 00', 1002, 'WS_ERR_EXPECTED_FIN'],
    ['a ping of 126 bytes', 'client', '89 7e 00 7e', 1002, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
    ['a ping with a 64-bit length', 'client', '89 7f', 1002, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
    ['a continuation of nothing', 'client', '80 00', 1002, 'WS_ERR_INVALID_OPCODE'],
    ['a message inside a message', 'client', '01 00 81 00', 1002, 'WS_ERR_INVALID_OPCODE'],
    ['RSV1 on a continuation', 'client', '01 00 c0 00', 1002, 'WS_ERR_UNEXPECTED_RSV_1'],
    ['a 16-bit length of 125', 'client', '82 7e 00 7d', 1002, 'WS_ERR_INVALID_LENGTH_ENCODING'],
    ['a 16-bit length of 1, all of it there', 'client', '82 7e 00 01 61', 1002, 'WS_ERR_INVALID_LENGTH_ENCODING'],
    ['a 64-bit length of 65535', 'client', '82 7f 00 00 00 00 00 00 ff ff', 1002, 'WS_ERR_INVALID_LENGTH_ENCODING'],
    [
      'a length with its highest bit set',
      'client',
      '82 7f 80 00 00 00 00 00 00 00',
      1002,
      'WS_ERR_INVALID_LENGTH_ENCODING',
    ],
    ['a length of 2^53', 'client', '82 7f 00 20 00 00 00 00 00 00', 1009, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'],
    ['text that is not UTF-8', 'client', '81 01 ff', 1007, 'WS_ERR_INVALID_UTF8'],
    ['text that ends in the middle of a character', 'client', '81 02 e2 82', 1007, 'WS_ERR_INVALID_UTF8'],
    ['an impossible byte in an unfinished frame', 'client', '81 05 41 ff', 1007, 'WS_ERR_INVALID_UTF8'],
    ['an impossible byte in an unfinished message', 'client', '01 02 41 ff', 1007, 'WS_ERR_INVALID_UTF8'],
    ['a character broken across fragments', 'client', '01 01 e2 80 01 41', 1007, 'WS_ERR_INVALID_UTF8'],
    ['a Close of one byte', 'client', '88 01 03', 1002, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
    ['a reason that is not UTF-8', 'client', '88 03 03 e8 ff', 1007, 'WS_ERR_INVALID_UTF8'],
  ] as const)('answers %s', (_, role, bytes, closeCode, code) => {
    const peer = new Recorder(role, { nextMaskingKey: () => 0 }).receive(hex(bytes));
    expect(peer.errors).toEqual([{ kind: 'error', closeCode, code }]);
    const masked = role === 'client';
    expect(peer.sent()).toEqual(
      hex(masked ? closeFrame(closeCode).replace('88 02', '88 82 00000000') : closeFrame(closeCode)),
    );
    expect(peer.effects.at(-2)).toEqual({ kind: 'end' });
    expect(peer.connection.state).toBe('closing');
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])('refuses the close code %i', (code) => {
    const peer = new Recorder('client').receive(hex(closeFrame(code)));
    expect(peer.errors).toEqual([{ kind: 'error', closeCode: 1002, code: 'WS_ERR_INVALID_CLOSE_CODE' }]);
  });

  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    'accepts the close code %i and echoes it',
    (code) => {
      const peer = new Recorder('server').receive(
        frame({ opcode: 8, payload: hex(closeFrame(code)).subarray(2), mask: true }),
      );
      expect(peer.effects).toEqual([{ kind: 'end' }, { kind: 'closing', code, reason: '' }]);
      expect(peer.sent()).toEqual(hex(closeFrame(code)));
    },
  );

  it('answers what came before the violation, and nothing after it', () => {
    const peer = new Recorder('client', { nextMaskingKey: () => 0 }).receive(hex('89 00 83 00 89 00 81 00'));
    expect(peer.effects.map(({ kind }) => kind)).toEqual(['ping', 'end', 'error']);
    expect(peer.sent()).toEqual(hex('8a 80 00000000 88 82 00000000 03ea'));
  });
});

describe('limits', () => {
  it('refuses a message on its declared length, before its payload arrives', () => {
    const peer = new Recorder('client', { maxPayload: 100 }).receive(hex('82 65'));
    expect(peer.errors[0]!.closeCode).toBe(1009);
    expect(peer.connection.reader.bytesHeld).toBe(0);
  });

  it.each(['client', 'server'] as const)('refuses it though all of it is there, for a %s', (role) => {
    const [fits, exceeds] = [4, 5].map((size) =>
      frame({ opcode: 1, payload: Buffer.alloc(size, 'a'), mask: role === 'server' }),
    );
    const peer = new Recorder(role, { maxPayload: 4 }).receive(Buffer.concat([fits!, exceeds!]));
    expect(peer.messages.length).toBe(1);
    expect(peer.errors).toMatchObject([{ closeCode: 1009 }]);
  });

  it('refuses it before the masking key has come', () => {
    const peer = new Recorder('server', { maxPayload: 100 });
    peer.receive(hex('82 fe 01 00'));
    expect(peer.errors[0]!.closeCode).toBe(1009);
  });

  it('counts the fragments of a message together', () => {
    const peer = new Recorder('client', { maxPayload: 4 }).receive(hex('02 03 000000 80 02'));
    expect(peer.errors[0]).toMatchObject({ closeCode: 1009, code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
  });

  it('accepts exactly the limit, again and again', () => {
    const peer = new Recorder('client', { maxPayload: 4 }).receive(hex('02 02 0000 80 02 0000 82 04 00000000'));
    expect(peer.messages.map(({ data }) => data.length)).toEqual([4, 4]);
  });

  it('has no limit with maxPayload 0', () => {
    const peer = new Recorder('client', { maxPayload: 0 }).receive(hex('82 7f 001fffff ffffffff'));
    expect(peer.errors).toEqual([]);
  });

  it('counts fragments, also empty ones', () => {
    const peer = new Recorder('client', { maxFragments: 3 }).receive(hex('02 00 00 00 00 00 80 00'));
    expect(peer.errors).toEqual([{ kind: 'error', closeCode: 1008, code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS' }]);
  });
});

describe('the closing handshake, §7', () => {
  it('of a server that starts: Close, the echo, then it ends the transport', () => {
    const server = new Recorder('server');
    server.connection.close(1001, 'bye');
    expect(server.sent()).toEqual(hex('88 05 03e9 627965'));
    expect(server.connection.state).toBe('closing');
    expect(server.effects).toEqual([]);
    server.receive(frame({ opcode: 8, payload: hex('03e9'), mask: true }));
    expect(server.effects).toEqual([{ kind: 'end' }, { kind: 'closing', code: 1001, reason: '' }]);
    expect(server.sent().length).toBe(0);
  });

  it('of a client: it leaves ending the transport to the server', () => {
    const client = new Recorder('client', { nextMaskingKey: () => 0 });
    client.connection.close();
    expect(client.sent()).toEqual(hex('88 80 00000000'));
    client.receive(hex('88 00'));
    expect(client.effects).toEqual([{ kind: 'closing', code: 1005, reason: '' }]);
  });

  it('answers an empty Close with an empty one', () => {
    const server = new Recorder('server').receive(hex('88 80 00000000'));
    expect(server.sent()).toEqual(hex('88 00'));
    expect(server.connection.closeReceived!.code).toBe(1005);
  });

  it('hears messages until the answer comes, and nothing after it', () => {
    const client = new Recorder('client');
    client.connection.close(1000);
    client.receive(hex('81 01 61 88 02 03e8 81 01 62'));
    expect(client.effects.map(({ kind }) => kind)).toEqual(['message', 'closing']);
  });

  it('closes in the middle of a fragmented message', () => {
    const server = new Recorder('server').receive(
      Buffer.concat([frame({ fin: false, opcode: 1, payload: hex('61'), mask: true }), hex('88 80 00000000')]),
    );
    expect(server.effects.map(({ kind }) => kind)).toEqual(['end', 'closing']);
  });

  it('sends one Close, however often it is asked', () => {
    const server = new Recorder('server');
    server.connection.close(1000);
    server.connection.close(1001);
    expect(server.sent()).toEqual(hex(closeFrame(1000)));
  });

  it('is closed when the transport is gone', () => {
    const server = new Recorder('server');
    server.connection.transportClosed();
    expect(server.connection.state).toBe('closed');
    server.receive(hex('81 80 00000000'));
    expect(server.effects).toEqual([]);
  });

  it.each([999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN, '1000'])('throws for the code %s', (code) => {
    const { connection } = new Recorder('server');
    expect(() => connection.close(code as number)).toThrow(
      new TypeError('First argument must be a valid error code number'),
    );
    expect(connection.state).toBe('open');
  });

  it('throws for a reason of 124 bytes and takes 123', () => {
    const { connection } = new Recorder('server');
    expect(() => connection.close(1000, 'é'.repeat(62))).toThrow(RangeError);
    connection.close(1000, `${'é'.repeat(61)}x`);
    expect(connection.closeSent!.reason.length).toBe(123);
  });
});

describe('pings', () => {
  it('are not answered after a Close was sent', () => {
    const server = new Recorder('server');
    server.connection.close();
    server.sent();
    server.receive(hex('89 80 00000000'));
    expect(server.sent().length).toBe(0);
    expect(server.effects).toEqual([{ kind: 'ping', data: Buffer.alloc(0) }]);
  });

  it('are not answered with autoPong off', () => {
    const server = new Recorder('server', { autoPong: false }).receive(hex('89 80 00000000'));
    expect(server.sent().length).toBe(0);
  });

  it('are answered with what they said, though the pong has to wait and their listener changes what it was given', () => {
    const server = new Recorder('server');
    server.ping = (payload) => void payload.fill(0);
    let deliver: ((error: null, bytes: Uint8Array) => void) | undefined;
    server.connection.writer.messageLater(3, (done) => (deliver = done), true);
    server.receive(frame({ opcode: Opcode.Ping, payload: Buffer.from('Hello'), mask: true }));
    deliver!(null, Buffer.from('big'));
    expect(server.sent()).toEqual(hex('82 03 62 69 67 8a 05 48 65 6c 6c 6f'));
  });

  it('leave only the newest pong behind a peer that does not read', () => {
    const server = new Recorder('server');
    server.connection.block();
    for (let i = 0; i < 1000; i++) server.receive(frame({ opcode: 9, payload: Buffer.from(`${i}`), mask: true }));
    expect(server.sent().length).toBe(0);
    server.connection.unblock();
    expect(server.sent()).toEqual(frame({ opcode: 10, payload: Buffer.from('999') }));
    server.connection.unblock();
    expect(server.sent().length).toBe(0);
  });
});

describe('suspension', () => {
  it('stops after the message at hand and goes on in order', () => {
    const client = new Recorder('client');
    client.onMessage = () => client.connection.reader.suspend();
    client.receive(hex('81 01 61 81 01 62 81 01 63'));
    client.receive(hex('81 01 64'));
    const texts = () => client.messages.map(({ data }) => data.toString()).join('');
    expect(texts()).toBe('a');
    client.connection.reader.resume();
    expect(texts()).toBe('ab');
    client.onMessage = undefined;
    client.connection.reader.resume();
    expect(texts()).toBe('abcd');
    expect(client.connection.reader.hasUnread).toBe(false);
  });

  it('keeps what is behind a message whose listener threw', () => {
    const client = new Recorder('client');
    client.onMessage = () => {
      client.onMessage = undefined;
      throw new Error('mine');
    };
    expect(() => client.receive(hex('81 01 61 81 01 62'))).toThrow('mine');
    expect(client.connection.reader.hasUnread).toBe(true);
    client.receive(hex('81 01 63'));
    expect(client.messages.map(({ data }) => data.toString())).toEqual(['a', 'b', 'c']);
  });
});

describe('sending', () => {
  it.each([0, 1, 41, 42, 125, 126, 127, 5461, 5462, 65535, 65536, 70000])('text of %i characters', (length) => {
    for (const unit of ['a', 'é', '€', '😀', '\ud800']) {
      const text = unit.repeat(length);
      for (const role of ['server', 'client'] as const) {
        const sender = new Recorder(role);
        sender.connection.writer.message(text, false);
        const peer = new Recorder(role === 'server' ? 'client' : 'server').receive(sender.sent());
        expect(peer.messages.length).toBe(1);
        expect(peer.messages[0]!.data.equals(Buffer.from(text))).toBe(true);
      }
    }
  });

  it('fragments with the opcode on the first frame only', () => {
    const server = new Recorder('server');
    server.connection.writer.message('a', false, { fin: false });
    server.connection.writer.control(Opcode.Ping, Buffer.alloc(0));
    server.connection.writer.message('b', false, { fin: false });
    server.connection.writer.message('c', false);
    server.connection.writer.message('d', false);
    expect(server.sent()).toEqual(hex('01 01 61 89 00 00 01 62 80 01 63 81 01 64'));
  });

  it('leaves the bytes of the caller as they are', () => {
    const client = new Recorder('client');
    for (const size of [10, 100, 20_000]) {
      const data = Buffer.alloc(size, 0x55);
      client.connection.writer.message(data, true);
      expect(data.every((byte) => byte === 0x55)).toBe(true);
    }
  });

  it('sends a prepared message as any other', () => {
    for (const message of [new PreparedMessage('héllo'), new PreparedMessage(Buffer.alloc(3000, 1))]) {
      for (const role of ['server', 'client'] as const) {
        const sender = new Recorder(role);
        sender.connection.writer.prepared(message);
        sender.connection.writer.prepared(message);
        const peer = new Recorder(role === 'server' ? 'client' : 'server').receive(sender.sent());
        expect(peer.messages.map(({ data, isBinary }) => [data.equals(message.data), isBinary])).toEqual([
          [true, message.isBinary],
          [true, message.isBinary],
        ]);
      }
    }
  });
});
