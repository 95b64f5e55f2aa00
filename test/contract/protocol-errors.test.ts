import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { implementations } from './implementations.ts';
import { closed, connect, connectRaw, connectToRaw, errorOf, record } from './support.ts';

const MASK = '00 00 00 00';
const FRAME = 'Invalid WebSocket frame:';

describe.each(implementations)('a peer that breaks the protocol, with %s', (_, implementation) => {
  it.each([
    ['an unmasked frame', '81 00', 'MASK must be set', 'WS_ERR_EXPECTED_MASK', 1002],
    ['RSV2', `a1 80 ${MASK}`, 'RSV2 and RSV3 must be clear', 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
    ['RSV3', `91 80 ${MASK}`, 'RSV2 and RSV3 must be clear', 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
    ['RSV1', `c1 80 ${MASK}`, 'RSV1 must be clear', 'WS_ERR_UNEXPECTED_RSV_1', 1002],
    ['RSV1 on a ping', `c9 80 ${MASK}`, 'RSV1 must be clear', 'WS_ERR_UNEXPECTED_RSV_1', 1002],
    ['opcode 3', `83 80 ${MASK}`, 'invalid opcode 3', 'WS_ERR_INVALID_OPCODE', 1002],
    ['opcode 11', `8b 80 ${MASK}`, 'invalid opcode 11', 'WS_ERR_INVALID_OPCODE', 1002],
    ['a continuation of nothing', `80 80 ${MASK}`, 'invalid opcode 0', 'WS_ERR_INVALID_OPCODE', 1002],
    ['text within a message', `01 80 ${MASK} 81 80 ${MASK}`, 'invalid opcode 1', 'WS_ERR_INVALID_OPCODE', 1002],
    ['binary within a message', `01 80 ${MASK} 82 80 ${MASK}`, 'invalid opcode 2', 'WS_ERR_INVALID_OPCODE', 1002],
    ['a ping in fragments', `09 80 ${MASK}`, 'FIN must be set', 'WS_ERR_EXPECTED_FIN', 1002],
    ['a long ping', `89 fe 00 7e ${MASK}`, 'invalid payload length 126', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
    [
      'a Close of one byte',
      `88 81 ${MASK} 00`,
      'invalid payload length 1',
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      1002,
    ],
    ['a Close with 1005', `88 82 ${MASK} 03 ed`, 'invalid status code 1005', 'WS_ERR_INVALID_CLOSE_CODE', 1002],
    ['a Close with 999', `88 82 ${MASK} 03 e7`, 'invalid status code 999', 'WS_ERR_INVALID_CLOSE_CODE', 1002],
    ['text that is not UTF-8', `81 83 ${MASK} ce ba e1`, 'invalid UTF-8 sequence', 'WS_ERR_INVALID_UTF8', 1007],
    [
      'a reason that is not UTF-8',
      `88 85 ${MASK} 03 e8 ce ba e1`,
      'invalid UTF-8 sequence',
      'WS_ERR_INVALID_UTF8',
      1007,
    ],
  ])('%s: error, Close %s', async (_case, bytes, text, code, status) => {
    const { ws, raw } = await connectRaw(implementation);
    const events = record(ws);
    const error = errorOf(ws);
    const end = closed(ws);
    raw.write(bytes);
    expect(await error).toMatchObject({ message: `${FRAME} ${text}`, code });
    expect(ws.readyState).toBe(2);
    expect((await raw.readAll()).slice(0, 8)).toBe(`8802${status.toString(16).padStart(4, '0')}`);
    expect(await end).toEqual([1006, '']);
    expect(events).toEqual(['error', 'close']);
  });

  it('a masked frame of a server: error, Close 1002', async () => {
    const { ws, raw } = await connectToRaw(implementation);
    const error = errorOf(ws);
    const end = closed(ws);
    raw.write(`81 80 ${MASK}`);
    expect(await error).toMatchObject({ message: `${FRAME} MASK must be clear`, code: 'WS_ERR_UNEXPECTED_MASK' });
    expect((await raw.read(8)).slice(0, 4)).toBe('8882');
    raw.socket.end();
    expect(await end).toEqual([1006, '']);
  });

  it('a message above maxPayload: error, Close 1009, before its bytes have arrived', async () => {
    const { ws, raw } = await connectRaw(implementation, { maxPayload: 10 });
    const error = errorOf(ws);
    raw.write(`82 8b ${MASK}`);
    expect(await error).toMatchObject({
      message: 'Max payload size exceeded',
      code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    });
    expect(await raw.readAll()).toBe('880203f1');
  });

  it('a message in fragments above maxPayload', async () => {
    const { ws, raw } = await connectRaw(implementation, { maxPayload: 3 });
    const error = errorOf(ws);
    raw.write(`02 82 ${MASK} 01 01 80 82 ${MASK} 01 01`);
    expect(await error).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    expect(await raw.readAll()).toBe('880203f1');
  });

  it('a client has maxPayload too, and 0 is no limit', async () => {
    const limited = await connect(implementation, { client: { maxPayload: 10, perMessageDeflate: false } });
    const error = errorOf(limited.client);
    const end = closed(limited.peer);
    limited.peer.send(Buffer.alloc(11));
    expect(await error).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    expect((await end)[0]).toBe(1009);

    const free = await connect(implementation, { server: { maxPayload: 0 } });
    const received = new Promise((resolve) => free.peer.once('message', resolve));
    free.client.send(Buffer.alloc(1 << 20));
    expect(((await received) as Buffer).length).toBe(1 << 20);
  });

  it('a length above 2^53 - 1: error, Close 1009', async () => {
    const { ws, raw } = await connectRaw(implementation, { maxPayload: 0 });
    const error = errorOf(ws);
    raw.write(`82 ff 00 20 00 00 00 00 00 00 ${MASK}`);
    expect(await error).toMatchObject({
      message: 'Unsupported WebSocket frame: payload length > 2^53 - 1',
      code: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    });
    expect(await raw.readAll()).toBe('880203f1');
  });

  it('more fragments than maxFragments, empty ones too: error, Close 1008', async () => {
    const { ws, raw } = await connectRaw(implementation, { maxFragments: 3 } as never);
    const error = errorOf(ws);
    raw.write(`01 80 ${MASK} 00 80 ${MASK} 00 80 ${MASK} 00 80 ${MASK}`);
    expect(await error).toMatchObject({
      message: 'Too many message fragments',
      code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    });
    expect(await raw.readAll()).toBe('880203f0');
  });

  it('skipUTF8Validation lets text pass that is not UTF-8', async () => {
    const { ws, raw } = await connectRaw(implementation, { skipUTF8Validation: true });
    const message = new Promise<Buffer>((resolve) => ws.once('message', (data) => resolve(data as Buffer)));
    raw.write(`81 83 ${MASK} ce ba e1`);
    expect((await message).toString('hex')).toBe('cebae1');
  });

  it('skipUTF8Validation lets the reason of a Close pass that is not UTF-8', async () => {
    const { ws, raw } = await connectRaw(implementation, { skipUTF8Validation: true });
    const close = once(ws, 'close') as Promise<[number, Buffer]>;
    raw.write(`88 84 ${MASK} 03 e8 ba e1`);
    expect(await raw.readAll()).toBe('880403e8bae1');
    const [code, reason] = await close;
    expect([code, reason.toString('hex')]).toEqual([1000, 'bae1']);
  });

  it('the peer sees the status, and messages before the fault arrive', async () => {
    const { client, peer } = await connect(implementation);
    const events = record(peer);
    peer.on('error', () => {});
    const end = closed(client);
    client.send('good');
    client.send('bad', { mask: false });
    client.send('after');
    client.on('error', () => {});
    expect(await end).toEqual([1002, '']);
    expect(events.slice(0, 2)).toEqual(['message', 'error']);
    expect(events.filter((name) => name === 'message')).toHaveLength(1);
  });
});
