import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import * as halyard from '../../src/index.ts';
import { read } from './pages.ts';
import { declared, documented as documentedIn, rows, section as sectionOf } from './reference.ts';

const page = read('docs/api.md');

const section = (heading: string, text = page): string => sectionOf(text, heading);
const documented = (...headings: string[]): string[] => documentedIn(page, ...headings);

/** What sources mark as not for callers. */
function internal(...paths: string[]): Set<string> {
  const text = paths.map(read).join('\n');
  const marked = text.matchAll(/@internal[^/]*\*\/\s*(?:declare )?(\w+)|^ {2}protected (\w+)/gm);
  return new Set([...marked].map(([, byComment, byKeyword]) => (byComment ?? byKeyword)!));
}

/** The name that a symbol has as a member of `Symbol`: what it says of itself differs from Node to Node. */
const wellKnown = (symbol: symbol): string | undefined =>
  Object.getOwnPropertyNames(Symbol).find((name) => Symbol[name as 'iterator'] === symbol);

/**
 * The names of a class: of its prototypes up to the platform's, without what sources keep for themselves and without
 * the methods of the emitter that it extends, which it may watch.
 */
function members(classes: { readonly prototype: object }[], ...paths: string[]): string[] {
  const hidden = internal(...paths).add('constructor');
  const names = classes.flatMap(({ prototype }) =>
    Reflect.ownKeys(prototype).map((key) => (typeof key === 'symbol' ? `[Symbol.${wellKnown(key)}]` : key)),
  );
  return [...new Set(names)].filter((name) => !hidden.has(name) && !(name in EventEmitter.prototype)).toSorted();
}

/** A class and those that it extends, as far as they are ours. */
function lineage(first: { readonly prototype: object }): { readonly prototype: object }[] {
  const classes = [first];
  for (;;) {
    const parent = Object.getPrototypeOf(classes.at(-1)) as { readonly name: string; readonly prototype: object };
    if (/^Event(Emitter|Target)$/.test(parent.name) || parent === Function.prototype) return classes;
    classes.push(parent);
  }
}

const SOCKET = ['src/socket/dom-emitter.ts', 'src/socket/websocket.ts', 'src/client/websocket-client.ts'];

describe('docs/api.md names all that is there, and nothing else:', () => {
  it.each<[string, string[], string[]]>([
    [
      'options of the server',
      ['## Class: WebSocketServer', '### Options'],
      declared('src/server/options.ts', 'ServerOptions'),
    ],
    [
      'events of the server',
      ['## Class: WebSocketServer', '### Events'],
      declared('src/server/websocket-server.ts', 'WebSocketServerEvents'),
    ],
    [
      'options of the client',
      ['## Class: WebSocketClient', '### Options'],
      declared('src/client/options.ts', 'ClientOptions'),
    ],
    [
      'events of a socket',
      ['## Class: WebSocketClient', '### Events'],
      declared('src/socket/types.ts', 'WebSocketEvents'),
    ],
    ['closeInfo', ['## Class: WebSocketClient', '#### closeInfo'], declared('src/socket/types.ts', 'CloseInfo')],
    [
      'options of every socket',
      ['## Options of every socket'],
      declared('src/socket/types.ts', 'WebSocketOptions').filter((name) => name !== 'isServer'),
    ],
    [
      'options of send',
      ['## Class: WebSocketClient', '#### Sending'],
      [
        ...declared('src/socket/types.ts', 'MessageOptions'),
        ...declared('src/protocol/frame-writer.ts', 'SendOptions'),
      ],
    ],
    [
      'perMessageDeflate',
      ['## perMessageDeflate'],
      declared('src/protocol/deflate-options.ts', 'PerMessageDeflateOptions'),
    ],
    [
      'options of ReconnectingWebSocket',
      ['## Class: ReconnectingWebSocket', '### Options'],
      declared('src/client/reconnecting-types.ts', 'ReconnectingOptions'),
    ],
    [
      'events of ReconnectingWebSocket',
      ['## Class: ReconnectingWebSocket', '### Events'],
      declared('src/client/reconnecting-types.ts', 'ReconnectingEvents'),
    ],
    ['error codes', ['## Errors', '### Error codes'], declared('src/protocol/errors.ts', 'ProtocolErrorCode')],
    ['close codes', ['## CloseCode'], Object.keys(halyard.CloseCode)],
  ])('%s', (_, headings, names) => {
    expect(documented(...headings)).toEqual(names.toSorted());
  });

  it.each<[string, string[]]>([
    [
      'WebSocketServer',
      [
        ...members(lineage(halyard.WebSocketServer), 'src/server/websocket-server.ts'),
        ...Object.keys(new halyard.WebSocketServer({ noServer: true })).filter((key) =>
          ['clients', 'options'].includes(key),
        ),
      ],
    ],
    [
      'WebSocketClient',
      [...members(lineage(halyard.WebSocketClient), ...SOCKET), 'context', halyard.WebSocketClient.connect.name],
    ],
    ['ReconnectingWebSocket', members(lineage(halyard.ReconnectingWebSocket), 'src/client/reconnecting-websocket.ts')],
    [
      'PreparedMessage',
      [
        ...members([halyard.PreparedMessage], 'src/protocol/prepared-message.ts'),
        ...Object.keys(new halyard.PreparedMessage('')),
      ],
    ],
  ])('methods and properties of %s', (name, names) => {
    expect(documented(`## Class: ${name}`, '### Methods and properties')).toEqual(names.toSorted());
  });

  it.each([
    ['## Class: WebSocketServer', 'heartbeat', 'src/server/heartbeat.ts', 'HeartbeatOptions'],
    ['## Class: ReconnectingWebSocket', 'backoff', 'src/client/backoff.ts', 'BackoffOptions'],
    ['## Class: ReconnectingWebSocket', 'heartbeat', 'src/client/line-watch.ts', 'HeartbeatOptions'],
    ['## Class: ReconnectingWebSocket', 'queue', 'src/client/send-queue.ts', 'QueueLimits'],
  ])('%s: the members of %s', (heading, option, path, name) => {
    const row = rows(section('### Options', section(heading))).find(({ names }) => names[0] === option)!;
    expect(row.cells[1]!.match(/\w+/g)!.toSorted()).toEqual(declared(path, name));
  });

  it.each([
    ['zlibDeflateOptions', 'ZlibDeflateOptions'],
    ['zlibInflateOptions', 'ZlibInflateOptions'],
  ])('the members of %s', (option, name) => {
    const row = rows(section('## perMessageDeflate')).find(({ names }) => names[0] === option)!;
    const named = [...row.cells[3]!.matchAll(/`(\w+)`/g)].map(([, member]) => member!);
    expect(named.toSorted()).toEqual(declared('src/protocol/deflate-options.ts', name));
  });

  it.each([
    ['HandshakeError', new halyard.HandshakeError(400, '')],
    ['ProtocolError', new halyard.ProtocolError(1002, 'WS_ERR_EXPECTED_FIN', '')],
  ])('properties of %s', (name, error) => {
    const names = Object.keys(error).filter((key) => key !== 'name');
    expect(documented('## Errors', `### Class: ${name}`)).toEqual(names.toSorted());
  });

  it('every export', () => {
    const classes = [...page.matchAll(/^###? (?:Class: )?(\w+)(?:\(.*\))?$/gm)].map(([, name]) => name!);
    const named = new Set([...documented('## Other exports'), ...classes]);
    const missing = Object.keys(halyard).filter((name) => name !== 'module.exports' && !named.has(name));
    expect(missing).toEqual([]);
    expect(documented('## Other exports').filter((name) => !(name in halyard))).toEqual([]);
  });

  it('every type', () => {
    const lists = [...read('src/index.ts').matchAll(/^export type \{([^}]+)\}/gm)];
    const names = lists.flatMap(([, list = '']) => list.split(',').map((name) => name.trim())).filter(Boolean);
    expect(names.length).toBeGreaterThan(5);
    expect(documented('## Other exports', '### Types')).toEqual(names.toSorted());
  });
});

describe('docs/api.md says what is so:', () => {
  it('the defaults of the server', () => {
    const { options } = new halyard.WebSocketServer({ noServer: true });
    const tables = [
      section('## Options of every socket'),
      section('### Options', section('## Class: WebSocketServer')),
    ];
    const said = new Map(
      tables.flatMap(rows).map(({ names, cells }) => [names[0]!, cells[2]!.replaceAll(/[`,]/g, '')]),
    );
    const plain = Object.entries(options).filter(([name, value]) => typeof value !== 'function' && name !== 'noServer');
    expect(plain.length).toBeGreaterThan(5);
    for (const [name, value] of plain) expect([name, said.get(name)]).toEqual([name, String(value)]);
  });

  it('the numbers of close codes', () => {
    const said = rows(section('## CloseCode')).map(({ names, cells }) => [names[0], Number(cells[1])]);
    expect(Object.fromEntries(said)).toEqual(halyard.CloseCode);
  });
});

describe('the comparison', () => {
  it('reads interfaces, unions and tables as they are written', () => {
    expect(declared('src/socket/types.ts', 'Negotiated')).toEqual(['deflate', 'protocol']);
    expect(() => declared('src/socket/types.ts', 'Nothing')).toThrow('declares no Nothing');
    const table = "\n| a | b |\n| --- | --- |\n| `x([y])` `z` | 1 |\n| `'e-f'` | `g` |\n\ntext";
    expect(rows(table).flatMap(({ names }) => names)).toEqual(['x', 'z', 'e-f']);
    expect(internal(...SOCKET)).toContain('onTransportClosed');
    expect(internal(...SOCKET)).toContain('emitError');
    expect(() => section('## Class: Nothing')).toThrow('no heading');
  });
});
