import { CloseEvent, ErrorEvent, Event, MessageEvent } from './events.ts';
import { expectDomHearers, type Heard, kListener } from './hearers.ts';
import { textOf } from './text-of.ts';

/** The events that the WHATWG interface knows; others are ignored by it. */
const DOM_EVENTS = ['open', 'message', 'error', 'close'] as const;
export type DomEvent = (typeof DOM_EVENTS)[number];

export interface EventMap<Target> {
  open: Event<Target>;
  message: MessageEvent<Target>;
  error: ErrorEvent<Target>;
  close: CloseEvent<Target>;
}

/** A function, or an object with `handleEvent`. */
export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

const kIsAttribute = Symbol('isAttribute');

/** An emitter's listener that stands for one of the WHATWG side. */
type Adapter = ((first?: unknown, second?: unknown) => void) & { [kListener]?: unknown; [kIsAttribute]?: boolean };

/** What a close event needs to know of its target. */
interface WebSocketLike extends Heard {
  readonly closeInfo: { readonly clean: boolean };
}

/** `addEventListener`: the listener becomes one of the emitter's, wrapped so that it is given an event object. */
export function addDomListener(
  target: WebSocketLike,
  type: string,
  listener: unknown,
  { once = false, attribute: isAttribute = false }: { readonly once?: boolean; readonly attribute?: boolean } = {},
): void {
  if (!isListener(listener) || !isDomEvent(type)) return;
  if (!isAttribute && find(target, type, listener) !== undefined) return;
  const create = eventFactory(target, type);
  // Two parameters and no rest: this runs for every message.
  const adapter: Adapter = (first, second) => call(listener, target, create(first, second));
  adapter[kListener] = listener;
  adapter[kIsAttribute] = isAttribute;
  expectDomHearers(target);
  if (once) target.once(type, adapter);
  else target.on(type, adapter);
}

/** `removeEventListener`: only what `addEventListener` added. */
export function removeDomListener(target: WebSocketLike, type: string, listener: unknown): void {
  const adapter = find(target, type, listener);
  if (adapter !== undefined) target.removeListener(type, adapter);
}

/**
 * Defines `onopen`, `onmessage`, `onerror` and `onclose` on a prototype: null, or the function that was set. What is
 * not a function clears it. Listeners of `on` and `addEventListener` are neither returned nor removed.
 */
export function defineAttributes(prototype: object): void {
  for (const type of DOM_EVENTS) {
    Object.defineProperty(prototype, `on${type}`, {
      enumerable: true,
      configurable: true,
      get(this: WebSocketLike): unknown {
        return attribute(this, type)?.[kListener] ?? null;
      },
      set(this: WebSocketLike, listener: unknown) {
        const before = attribute(this, type);
        if (before !== undefined) this.removeListener(type, before);
        if (typeof listener === 'function') addDomListener(this, type, listener, { attribute: true });
      },
    });
  }
}

/** Accessors that `ws` users see when they loop over a socket; those of our own are not among them. */
const SHOWN = ['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url'];

/** Makes the accessors of the WHATWG interface enumerable, as they are there. */
export function showAccessors(prototype: object): void {
  for (const name of SHOWN) {
    if (Object.hasOwn(prototype, name)) Object.defineProperty(prototype, name, { enumerable: true });
  }
}

function attribute(target: WebSocketLike, type: DomEvent): Adapter | undefined {
  return adapters(target, type).find((adapter) => adapter[kIsAttribute] === true);
}

function isDomEvent(type: string): type is DomEvent {
  return (DOM_EVENTS as readonly string[]).includes(type);
}

function isListener(listener: unknown): listener is EventListener<unknown> {
  return typeof listener === 'function' || (typeof listener === 'object' && listener !== null);
}

function adapters(target: WebSocketLike, type: string): Adapter[] {
  return target.listeners(type) as Adapter[];
}

/** The adapter that `addEventListener` made; `once` wraps it, which `listeners` unwraps. */
function find(target: WebSocketLike, type: string, listener: unknown): Adapter | undefined {
  return adapters(target, type).find((one) => one[kListener] === listener && one[kIsAttribute] === false);
}

function eventFactory(target: WebSocketLike, type: DomEvent): (first: unknown, second: unknown) => Event {
  switch (type) {
    case 'open':
      return () => new Event('open', target);
    case 'message':
      return (data, isBinary) => new MessageEvent(target, isBinary === true ? data : textOf(data));
    case 'error':
      return (error) => new ErrorEvent(target, error);
    case 'close':
      return (code, reason) => new CloseEvent(target, Number(code), String(reason), target.closeInfo.clean);
  }
}

function call(listener: EventListener<unknown>, target: unknown, event: Event): void {
  if (typeof listener === 'function') listener.call(target as never, event);
  else listener.handleEvent(event);
}
