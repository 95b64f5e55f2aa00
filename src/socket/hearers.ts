import { EventEmitter } from 'node:events';

/** Marks an emitter's listener that stands for one of the WHATWG side, which is given an event object. */
export const kListener = Symbol('listener');
const kHearers = Symbol('hearers');

type Listener = ((data: unknown, isBinary: boolean) => void) & { [kListener]?: unknown };

/** Who listened to messages when it was last looked. */
interface Hearers {
  readonly count: number;
  /** Whether all of them are of the WHATWG side. */
  readonly areDom: boolean;
  /** The one that there usually is, if it is of that side. */
  readonly only: Listener | undefined;
}

/** An emitter of 'message'; it knows of hearers from the first one of the WHATWG side on. */
export interface Heard extends EventEmitter {
  [kHearers]?: Hearers;
}

/** Where Node keeps the listeners: a single one as it is. */
type WithEvents = EventEmitter & {
  readonly _events?: { readonly message?: unknown };
  readonly [kCapture: symbol]: unknown;
};

/**
 * Node's own, so that nobody sees what does not go through it; none if it was replaced before this was loaded. Its type comes first,
 * and counts as its length; what others put in its place takes just anything, as `node:domain` does.
 */
const plainEmit = EventEmitter.prototype.emit.length === 1 ? EventEmitter.prototype.emit : undefined;

/** Where Node keeps whether rejections of an emitter's listeners are captured, which is settled when it is made. */
const kCapture = Object.getOwnPropertySymbols(EventEmitter.prototype).find((key) => key.description === 'kCapture');

/** A listener may have a method of its own by that name. */
const { call } = Function.prototype;

/** No number of listeners is like this one's, so it is looked again. */
const STALE: Hearers = { count: -1, areDom: false, only: undefined };

/** Whose hearers were counted in the read at hand, and nobody has come or gone since. */
let counted: Heard | undefined;
let isReading = false;

/** Whose only listener was looked for in the read at hand, likewise, and that listener, if there is no other. */
let lookedAt: Heard | undefined;
let single: Listener | undefined;

/** From now on many messages may come at once: it is enough to look for their listeners once, and when one comes or goes. */
export function beginRead(): void {
  isReading = true;
}

/** What comes next may be long in coming. */
export function endRead(): void {
  isReading = false;
  forget();
}

function forget(): void {
  counted = undefined;
  lookedAt = undefined;
  single = undefined;
}

/** Call when a listener of the WHATWG side is added. */
export function expectDomHearers(target: Heard): void {
  target[kHearers] = STALE;
}

/**
 * Whether all who listen to messages are of the WHATWG side, and nobody else sees what is emitted: then text may come
 * as a string. Asked for each message, so it is not looked through their list each time: one who was added shows in
 * their number, and of one who was removed `watchHearers` knows. To ask for the number costs as much as to parse a short
 * message, so within a read that is done once, and again when somebody came or went by a method of the target's: who
 * does so by one of EventEmitter's own is known from the next read on.
 */
export function wantsString(target: Heard): boolean {
  const hearers = target[kHearers];
  if (hearers === undefined || target.emit !== plainEmit) return false;
  return (target === counted ? hearers : count(target, hearers)).areDom;
}

/** Tells text to those of whom `wantsString` was just true; a single one without the ado of `emit`. */
export function tellText(target: Heard, text: string): void {
  const listener = target[kHearers]?.only;
  if (listener === undefined) target.emit('message', text, false);
  else listener(text, false);
}

/**
 * `target.emit('message', data, isBinary)`, which looks for the listeners each time, and costs as much as to parse a short message.
 * In a read a single one is looked for once, and again when one came or went as `wantsString` has it.
 */
export function tellMessage(target: Heard, data: unknown, isBinary: boolean): void {
  const listener = target === lookedAt ? single : lookForSingle(target);
  if (listener === undefined || target.emit !== plainEmit) target.emit('message', data, isBinary);
  else listener.call(target, data, isBinary);
}

function lookForSingle(target: Heard): Listener | undefined {
  if (!isReading) return undefined;
  const { _events: events, [kCapture!]: captures } = target as WithEvents;
  const listener = events?.message;
  lookedAt = target;
  // What an asynchronous one returns is for `emit` to look at, if rejections are captured.
  const isPlain = typeof listener === 'function' && listener.call === call && captures === false;
  return (single = isPlain ? (listener as Listener) : undefined);
}

/** Makes a class count hearers again when a listener was added or removed, in whatever way: they all end in these. */
export function watchHearers(prototype: EventEmitter): void {
  for (const name of ['on', 'addListener', 'prependListener'] as const) watch(prototype, name, false);
  for (const name of ['removeListener', 'off', 'removeAllListeners'] as const) watch(prototype, name, true);
}

function watch(prototype: EventEmitter, name: keyof EventEmitter, removes: boolean): void {
  const method = prototype[name] as (...args: unknown[]) => unknown;
  Object.defineProperty(prototype, name, {
    configurable: true,
    writable: true,
    value(this: Heard, ...args: unknown[]): unknown {
      // Their number does not tell of one who went if another one came.
      if (removes && this[kHearers] !== undefined) this[kHearers] = STALE;
      // 'newListener' and 'removeListener' tell others before this is over, and they may throw.
      forget();
      try {
        return method.apply(this, args);
      } finally {
        forget();
      }
    },
  });
}

function count(target: Heard, before: Hearers): Hearers {
  const isSame = before.count === target.listenerCount('message');
  const hearers = isSame ? before : (target[kHearers] = lookForHearers(target));
  if (isReading) counted = target;
  return hearers;
}

function lookForHearers(target: Heard): Hearers {
  // What `once` made of a listener is what is to be called; whom it stands for is what `listeners` tells.
  const listeners = target.rawListeners('message') as Listener[];
  const areDom = (target.listeners('message') as Listener[]).every((listener) => listener[kListener] !== undefined);
  return { count: listeners.length, areDom, only: areDom && listeners.length === 1 ? listeners[0] : undefined };
}
