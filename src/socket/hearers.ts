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

/** What Node's own is, so that nobody sees what does not go through it. */
const plainEmit = EventEmitter.prototype.emit;

/** No number of listeners is like this one's, so it is looked again. */
const STALE: Hearers = { count: -1, areDom: false, only: undefined };

/** Call when a listener of the WHATWG side is added. */
export function expectDomHearers(target: Heard): void {
  target[kHearers] = STALE;
}

/**
 * Whether all who listen to messages are of the WHATWG side, and nobody else sees what is emitted: then text may come
 * as a string. Asked for each message, so it is not looked through their list each time: one who was added shows in
 * their number, and of one who was removed `watchRemovals` knows.
 */
export function wantsString(target: Heard): boolean {
  let hearers = target[kHearers];
  if (hearers === undefined || target.emit !== plainEmit) return false;
  if (hearers.count !== target.listenerCount('message')) target[kHearers] = hearers = lookForHearers(target);
  return hearers.areDom;
}

/** Tells text to those of whom `wantsString` was just true; a single one without the ado of `emit`. */
export function tellText(target: Heard, text: string): void {
  const only = target[kHearers]?.only;
  if (only === undefined) target.emit('message', text, false);
  else only(text, false);
}

/** Makes a class look for hearers again when a listener was removed, in whatever way: they all end in these. */
export function watchRemovals(prototype: EventEmitter): void {
  for (const name of ['removeListener', 'off', 'removeAllListeners'] as const) {
    const remove = prototype[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Heard, ...args: unknown[]): unknown {
        if (this[kHearers] !== undefined) this[kHearers] = STALE;
        return remove.apply(this, args);
      },
    });
  }
}

function lookForHearers(target: Heard): Hearers {
  // What `once` made of a listener is what is to be called; whom it stands for is what `listeners` tells.
  const listeners = target.rawListeners('message') as Listener[];
  const areDom = (target.listeners('message') as Listener[]).every((listener) => listener[kListener] !== undefined);
  return { count: listeners.length, areDom, only: areDom && listeners.length === 1 ? listeners[0] : undefined };
}
