import { setupWSConnection } from '@y/websocket-server/utils';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { serve, until } from './support.js';

async function start() {
  const { wss, url } = await serve();
  wss.on('connection', setupWSConnection);
  const join = (room) => {
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(url.slice(0, -1), room, doc, {
      WebSocketPolyfill: WebSocket,
      disableBc: true,
      maxBackoffTime: 20,
    });
    onTestFinished(() => {
      provider.destroy();
      doc.destroy();
    });
    return { doc, provider };
  };
  return { wss, join };
}

describe('y-websocket', () => {
  it('brings two documents together', async () => {
    const { join } = await start();
    const [one, two] = [join('together'), join('together')];
    one.doc.getText('t').insert(0, 'hello');
    await until(() => two.doc.getText('t').toString() === 'hello');
    two.doc.getText('t').insert(5, ' world');
    one.doc.getMap('m').set('bytes', new Uint8Array(100_000).fill(3));
    await until(() => one.doc.getText('t').length === 11 && two.doc.getMap('m').get('bytes'));
    expect(one.doc.getText('t').toString()).toBe('hello world');
    expect(two.doc.getMap('m').get('bytes')).toEqual(new Uint8Array(100_000).fill(3));
    const late = join('together');
    await until(() => late.provider.synced);
    expect(late.doc.getText('t').toString()).toBe('hello world');
  });

  it('shows who is there', async () => {
    const { join } = await start();
    const [one, two] = [join('aware'), join('aware')];
    one.provider.awareness.setLocalStateField('user', { name: 'ada' });
    const seen = () => [...two.provider.awareness.getStates().values()].map(({ user }) => user?.name);
    await until(() => seen().includes('ada'));
    one.provider.destroy();
    await until(() => !seen().includes('ada'));
    expect(seen()).toHaveLength(1);
  });

  it('merges what was written during a cut', async () => {
    const { wss, join } = await start();
    const [one, two] = [join('cut'), join('cut')];
    one.doc.getArray('a').push(['before']);
    await until(() => two.doc.getArray('a').length === 1);
    const statuses = [];
    one.provider.on('status', ({ status }) => statuses.push(status));
    for (const ws of wss.clients) ws.terminate();
    one.doc.getArray('a').push(['one']);
    two.doc.getArray('a').push(['two']);
    await until(() => one.doc.getArray('a').length === 3 && two.doc.getArray('a').length === 3);
    expect(one.doc.getArray('a').toArray()).toEqual(two.doc.getArray('a').toArray());
    expect(statuses).toContain('disconnected');
    expect(statuses.at(-1)).toBe('connected');
  });
});
