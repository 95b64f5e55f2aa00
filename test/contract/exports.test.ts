import { createRequire } from 'node:module';
import * as wsModule from 'ws';
import { describe, expect, it } from 'vitest';
import * as ownModule from '../../src/index.ts';
import { implementations } from './implementations.ts';

const required = createRequire(import.meta.url)('ws') as Record<string, unknown>;
const forms = {
  ws: { module: wsModule as unknown as Record<string, unknown>, required },
  Halyard: {
    module: ownModule as unknown as Record<string, unknown>,
    // What `require` gives, by the convention of Node for modules that are required.
    required: (ownModule as unknown as Record<string, unknown>)['module.exports'] as Record<string, unknown>,
  },
};

describe.each(implementations)('the exports of %s', (name) => {
  const { module, required: commonJs } = forms[name as keyof typeof forms];

  it.each(['WebSocket', 'WebSocketServer', 'createWebSocketStream', 'Receiver', 'Sender', 'PerMessageDeflate'])(
    'has %s by import and by require',
    (member) => {
      expect(module[member]).toBeTypeOf('function');
      expect(commonJs[member]).toBe(module[member]);
    },
  );

  it.each(['extension', 'subprotocol'])('has the parser %s by import and by require', (member) => {
    expect(module[member]).toMatchObject({ parse: expect.any(Function) as unknown });
    expect(commonJs[member]).toBe(module[member]);
  });

  it('is the class by default and by require', () => {
    expect(module['default']).toBe(module['WebSocket']);
    expect(commonJs).toBe(module['WebSocket']);
  });

  it('has the server under its old name by require', () => {
    expect(commonJs['Server']).toBe(module['WebSocketServer']);
  });
});
