import { EventEmitter } from 'node:events';
import type { DomEvent, EventListener, EventMap } from './event-target.ts';
import { addDomListener, defineAttributes, removeDomListener } from './event-target.ts';
import { tellText, wantsString, watchHearers } from './hearers.ts';
import { defineStates } from './ready-state.ts';
import type { WebSocketEvents } from './types.ts';

/** A listener as the WHATWG interface has it on the object itself. */
type Attribute<Target, Type extends DomEvent> = ((event: EventMap<Target>[Type]) => void) | null;

/**
 * An emitter that is the WebSocket of browsers as well: the constants, the four `on…` attributes and `addEventListener`
 * of the WHATWG's WebSockets Standard ("Interface definition") and of DOM §2.7. Both sides share one list of listeners,
 * in the order in which they came. `Target` is what events have as their `target`: the class that extends this.
 */
export abstract class DomEmitter<Target> extends EventEmitter<WebSocketEvents> {
  /** `readyState` of a socket that is not open yet. */
  declare static readonly CONNECTING: 0;
  /** `readyState` of a socket that sends and hears messages. */
  declare static readonly OPEN: 1;
  /** `readyState` from the first Close of either side on, or from a failure on. */
  declare static readonly CLOSING: 2;
  /** `readyState` from 'close' on. */
  declare static readonly CLOSED: 3;
  /** As on the class. */
  declare readonly CONNECTING: 0;
  /** As on the class. */
  declare readonly OPEN: 1;
  /** As on the class. */
  declare readonly CLOSING: 2;
  /** As on the class. */
  declare readonly CLOSED: 3;

  /** Hears that the connection is open: called with an `Event`. Default null; what is no function clears it. */
  declare onopen: Attribute<Target, 'open'>;
  /**
   * Hears messages: called with a `MessageEvent`, whose `data` is a string for text, else what `binaryType` says.
   * Default null; what is no function clears it.
   */
  declare onmessage: Attribute<Target, 'message'>;
  /**
   * Hears that connecting failed or the peer broke a rule: called with an `ErrorEvent`, which has the `error` and its
   * `message`. Default null; what is no function clears it.
   */
  declare onerror: Attribute<Target, 'error'>;
  /**
   * Hears the end: called with a `CloseEvent`, which has the peer's `code` and `reason`, and `wasClean`. Default null;
   * what is no function clears it.
   */
  declare onclose: Attribute<Target, 'close'>;

  /** Whether both sides said Close, which is what a close event tells of it. */
  abstract get closeInfo(): { readonly clean: boolean };

  /**
   * Adds a listener for 'open', 'message', 'error' or 'close'; for any other type it does nothing. The listener is a
   * function, called on the socket, or an object with `handleEvent`; one that is there already is not added again.
   * With `once` (default false) it is called for one event; other options, and `capture` as a boolean, say nothing here.
   */
  addEventListener<Type extends DomEvent>(
    type: Type,
    listener: EventListener<EventMap<Target>[Type]>,
    options?: { readonly once?: boolean } | boolean,
  ): void {
    addDomListener(this, type, listener, typeof options === 'object' ? { once: options?.once === true } : {});
  }

  /** Removes what `addEventListener` added; neither a listener of `on` nor an attribute. */
  removeEventListener<Type extends DomEvent>(type: Type, listener: EventListener<EventMap<Target>[Type]>): void {
    removeDomListener(this, type, listener);
  }

  /** @internal Whether all who hear messages are of this side: then text need not become a Buffer first. */
  wantsString(): boolean {
    return wantsString(this);
  }

  /** @internal Tells text to those of whom `wantsString` was just true. */
  onText(text: string): void {
    tellText(this, text);
  }
}

defineStates(DomEmitter);
defineAttributes(DomEmitter.prototype);
watchHearers(DomEmitter.prototype);
