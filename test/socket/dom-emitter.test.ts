import { EventEmitter } from 'node:events';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type CloseEvent,
  type ErrorEvent,
  type Event,
  type MessageEvent,
  WebSocketClient,
  type WebSocketServer,
} from '../../src/index.ts';
import { DomEmitter } from '../../src/socket/dom-emitter.ts';
import type { WebSocket } from '../../src/socket/websocket.ts';

const nothing = (): void => {};

/** The least that can be one. */
class Plain extends DomEmitter<Plain> {
  readonly name = 'plain';

  get closeInfo(): { readonly clean: boolean } {
    return { clean: true };
  }
}

describe('a DomEmitter', () => {
  it('tells both sides what is emitted, in one order', () => {
    const plain = new Plain();
    const told: unknown[] = [];
    plain.on('message', (data, isBinary) => told.push(['on', String(data), isBinary]));
    plain.onmessage = ({ type, target, data }) => told.push([type, target.name, data]);
    plain.addEventListener('close', { handleEvent: ({ code, wasClean }) => told.push([code, wasClean]) });
    plain.on('close', (code, reason) => told.push([code, String(reason)]));
    plain.emit('message', Buffer.from('x'), false);
    plain.emit('close', 1000, Buffer.from('bye'));
    expect(told).toEqual([
      ['on', 'x', false],
      ['message', 'plain', 'x'],
      [1000, true],
      [1000, 'bye'],
    ]);
  });

  it('tells text as a string while only its side listens', () => {
    const plain = new Plain();
    const told: unknown[] = [];
    plain.onmessage = ({ data }) => told.push(data);
    expect(plain.wantsString()).toBe(true);
    plain.onText('x');
    expect(told).toEqual(['x']);
    plain.on('message', () => {});
    expect(plain.wantsString()).toBe(false);
  });

  it.each([undefined, null, false, true, {}, { capture: true }, { once: undefined }, { once: false }, { once: true }])(
    'takes %o for the options of a listener',
    (options) => {
      const plain = new Plain();
      let calls = 0;
      plain.addEventListener('open', () => void (calls += 1), options as object);
      plain.emit('open');
      plain.emit('open');
      expect(calls).toBe((options as { once?: boolean } | undefined)?.once === true ? 1 : 2);
    },
  );

  it('leaves emitters that are none as they are', () => {
    expect(Object.hasOwn(EventEmitter, 'OPEN')).toBe(false);
    expect(Object.keys(EventEmitter.prototype)).not.toContain('onopen');
    expect(EventEmitter.prototype).not.toHaveProperty('addEventListener');
  });
});

describe('to TypeScript a socket', () => {
  it('is the target of its events', () => {
    expectTypeOf<WebSocketClient['onopen']>().toEqualTypeOf<((event: Event<WebSocket>) => void) | null>();
    expectTypeOf<WebSocketClient['onmessage']>().toEqualTypeOf<((event: MessageEvent<WebSocket>) => void) | null>();
    expectTypeOf<WebSocketClient['onerror']>().toEqualTypeOf<((event: ErrorEvent<WebSocket>) => void) | null>();
    expectTypeOf<WebSocketClient['onclose']>().toEqualTypeOf<((event: CloseEvent<WebSocket>) => void) | null>();
    const ws = new WebSocketClient(null);
    ws.addEventListener('close', (event) => expectTypeOf(event).toEqualTypeOf<CloseEvent<WebSocket>>(), { once: true });
    ws.addEventListener('message', { handleEvent: (event) => expectTypeOf(event.target.send).toBeFunction() }, true);
    // @ts-expect-error: an event of the emitter alone
    ws.addEventListener('ping', () => {});
    // @ts-expect-error: an event of the emitter alone
    ws.removeEventListener('drain', nothing);
    expect(ws.eventNames()).toEqual(['close', 'message']);
  });

  it('has the constants as numbers, on the class and on itself', () => {
    expectTypeOf<typeof WebSocketClient.CONNECTING>().toEqualTypeOf<0>();
    expectTypeOf<typeof WebSocketClient.OPEN>().toEqualTypeOf<1>();
    expectTypeOf<WebSocketClient['CLOSING']>().toEqualTypeOf<2>();
    expectTypeOf<WebSocketClient['CLOSED']>().toEqualTypeOf<3>();
    // @ts-expect-error: it is read only
    expect(() => (WebSocketClient.OPEN = 2)).toThrow(TypeError);
  });

  it('is an emitter whose events are typed', () => {
    const ws = new WebSocketClient(null);
    ws.on('message', (data, isBinary) => expectTypeOf([data, isBinary]).toEqualTypeOf<(Buffer | boolean)[]>());
    ws.once('close', (...args) => expectTypeOf(args).toEqualTypeOf<[code: number, reason: Buffer]>());
    expectTypeOf(ws).toExtend<EventEmitter>();
    expectTypeOf<InstanceType<typeof WebSocketServer>['clients']>().toEqualTypeOf<Set<WebSocketClient>>();
    expect(ws).toBeInstanceOf(EventEmitter);
  });

  it('lets attributes be properties of classes that extend it', () => {
    class Own extends WebSocketClient {
      override onclose = (): void => {};
    }
    const own = new Own(null);
    expect(own.onclose).toBeTypeOf('function');
  });
});
