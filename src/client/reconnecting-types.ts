import type { BackoffOptions } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { HeartbeatOptions } from './line-watch.ts';
import type { Surroundings } from './nudges.ts';
import type { QueueLimits } from './send-queue.ts';
import type { SocketConstructor } from './socket-like.ts';

/** Where to connect. A function is asked before every attempt, for example for a ticket that is good once. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>);

/** Options of a `ReconnectingWebSocket`. Durations are milliseconds. */
export interface ReconnectingOptions {
  /** The class to dial with. Default: the platform's own `WebSocket`. */
  WebSocket?: SocketConstructor;
  /** Subprotocols to offer. */
  protocols?: string | string[];
  /** How long to wait between attempts. */
  backoff?: BackoffOptions;
  /** A connection that lasted this long was a good one: the next cut is retried at once again. Default 10,000. */
  stableAfter?: number;
  /** How long an attempt may take, the asking for its address included. Default 10,000. */
  connectTimeout?: number;
  /** What may wait while there is no connection. */
  queue?: QueueLimits;
  /** Ask a silent line for a sign of life. Default: trust the platform, which may take minutes to notice a dead one. */
  heartbeat?: HeartbeatOptions;
  /** Close codes (4000 to 4999) after which the application does not want to return. */
  finalCodes?: readonly number[];
  /** Whose `online` and `visibilitychange` cut a wait short. Default: `window`, where there is one. */
  surroundings?: Surroundings;
  /** Default: the platform's timers. */
  clock?: Clock;
}

/** What a `ReconnectingWebSocket` tells. The type of an event is its key here. */
export interface ReconnectingEvents {
  /** A connection is there. What the listener sends goes out before what was waiting. */
  open: Event;
  /** A message: a string for text, an ArrayBuffer for a binary one. */
  message: Event & { readonly data: string | ArrayBuffer };
  /** An attempt or a connection failed; `close` follows. */
  error: Event & { readonly error: unknown };
  /** An attempt or a connection ended. `willReconnect`: `waiting` follows; otherwise this was the last. */
  close: Event & Ending & { readonly willReconnect: boolean };
  /** The next attempt comes in `delay` milliseconds; `retry` counts from 0. */
  waiting: Event & { readonly delay: number; readonly retry: number };
  /** An attempt begins. Not told of the one that the constructor makes. */
  connecting: Event;
}

/** How a connection ended, as in the `CloseEvent` of the WHATWG WebSocket. */
export interface Ending {
  /** The peer's code; 1005 if its Close had none, 1006 if there was no Close. */
  readonly code: number;
  /** The peer's reason, or ''. */
  readonly reason: string;
  /** Whether both sides said Close. */
  readonly wasClean: boolean;
}
