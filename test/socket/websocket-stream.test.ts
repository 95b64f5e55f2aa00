import { constants } from 'node:buffer';
import { expect, it } from 'vitest';
import { createWebSocketStream, WebSocketClient } from '../../src/index.ts';
import { cleanUp, duplexPair, failure } from './support.ts';

it('a stream of strings fails a connection whose text is more than a string can hold', async () => {
  const [near] = duplexPair();
  const ws = new WebSocketClient(null, undefined, { isServer: false, maxPayload: 0 });
  ws.setSocket(near, Buffer.alloc(0));
  cleanUp(() => ws.terminate());
  const stream = createWebSocketStream(ws, { readableObjectMode: true });
  const errors: unknown[] = [];
  stream.on('error', (error) => errors.push(error));
  const failed = failure(ws);
  const size = constants.MAX_STRING_LENGTH + 1;
  const text = Buffer.alloc(10 + size);
  text.set([0x81, 127]);
  text.writeBigUInt64BE(BigInt(size), 2);
  near.emit('data', text);
  near.destroy();
  const { error } = await failed;
  expect(error).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCode: 1009 });
  expect(errors).toEqual([error]);
});
