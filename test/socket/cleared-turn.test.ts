import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** A connection is lost after what another one's listener threw, and before its own turn: Node's queue is in between. */
const SCRIPT = `
  import { Duplex } from 'node:stream';
  import { WebSocket } from './dist/socket/websocket.js';
  const stream = new Duplex({ read() {}, write(chunk, encoding, callback) { callback(); } });
  const ws = new WebSocket(null, undefined, { isServer: false, allowSynchronousEvents: false });
  ws.setSocket(stream, Buffer.alloc(0));
  process.on('uncaughtException', ({ message }) => {
    console.log(message);
    if (message === 'mine') stream.emit('close');
    else process.exit(1);
  });
  setTimeout(() => {
    setImmediate(() => { throw new Error('mine'); });
    stream.emit('data', Buffer.from('810161', 'hex'));
    setImmediate(() => { console.log('next'); process.exit(); });
  });
`;

it('a connection that is lost while it waits for its turn takes nobody else the turn', () => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' });
  expect(stdout).toBe('mine\nnext\n');
});
