import { delayAfter, isFinal } from './backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import { LineWatch, type HeartbeatOptions } from './line-watch.ts';
import { onNudge, surroundings } from './nudges.ts';
import type { Address, Ending, ReconnectingEvents, ReconnectingOptions } from './reconnecting-types.ts';
import { SendQueue, type Sendable } from './send-queue.ts';
import { abandon, type SocketConstructor, type SocketLike } from './socket-like.ts';

export type * from './reconnecting-types.ts';
export type { BackoffOptions } from './backoff.ts';
export type { Clock } from './clock.ts';
export type { HeartbeatOptions } from './line-watch.ts';
export type { Surroundings } from './nudges.ts';
export type { QueueLimits, Sendable } from './send-queue.ts';
export type { SocketConstructor, SocketEvent, SocketLike } from './socket-like.ts';

type State =
  | { kind: 'resolving'; deadline: unknown } // the address is asked for
  | { kind: 'connecting'; socket: SocketLike; deadline: unknown }
  | { kind: 'open'; socket: SocketLike; stable: unknown; watch: LineWatch | undefined }
  | { kind: 'waiting'; timer: unknown }
  | { kind: 'closing'; socket: SocketLike }
  | { kind: 'closed' };

/** Browsers refuse views of shared memory, and say so themselves. */
type Unshared = string | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** What is reported when no Close came from the other side, RFC 6455 §7.1.5. */
const LOST: Ending = { code: 1006, reason: '', wasClean: false };

/**
 * A WebSocket that comes back: first at once, then after 1 s, 2 s, 4 s … 30 s with full jitter, until it is closed here or
 * ended for good by the other side (`backoff.ts`). It keeps what is sent while there is no connection. What was on its way
 * when a connection was cut may be lost: only an answer of the application can tell.
 *
 * It uses nothing of Node, and nothing of the DOM but what it is given; so one file serves both. It never goes from `wss:`
 * to `ws:`.
 *
 * @throws {TypeError} or {SyntaxError} from the constructor if the address is not one.
 */
export class ReconnectingWebSocket extends EventTarget {
  readonly #address: Address;
  readonly #options: ReconnectingOptions;
  readonly #clock: Clock;
  readonly #queue: SendQueue;
  readonly #connectTimeout: number;
  readonly #ignoreNudges: () => void;
  #state: State = { kind: 'closed' };
  /** Attempts and connections that ended since the last stable one. */
  #retries = 0;
  #secure = false;

  constructor(address: Address, options: ReconnectingOptions = {}) {
    super();
    this.#address = address;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#queue = new SendQueue(options.queue);
    this.#connectTimeout = options.connectTimeout ?? 10_000;
    this.#begin();
    const window = options.surroundings ?? surroundings();
    this.#ignoreNudges = window ? onNudge(window, () => this.nudge()) : () => {};
  }

  /** `waiting` is between attempts, `closed` is for good. */
  get state(): 'connecting' | 'open' | 'waiting' | 'closing' | 'closed' {
    return this.#state.kind === 'resolving' ? 'connecting' : this.#state.kind;
  }

  /** The subprotocol of the present connection, or ''. */
  get protocol(): string {
    return this.#state.kind === 'open' ? this.#state.socket.protocol : '';
  }

  /** Bytes that were accepted and have not left: those that wait for a connection and those in its socket. */
  get bufferedAmount(): number {
    return this.#queue.bytes + (this.#state.kind === 'open' ? this.#state.socket.bufferedAmount : 0);
  }

  /** Sends, or keeps for the next connection. False if it did neither: closed, or as much waits as may. */
  send(data: Sendable): boolean {
    switch (this.#state.kind) {
      case 'open':
        this.#state.socket.send(data as Unshared);
        return true;
      case 'closing':
      case 'closed':
        return false;
      default:
        return this.#queue.push(data);
    }
  }

  /** Ends it for good. `close` follows, with `willReconnect: false`. */
  close(code = 1000, reason = ''): void {
    const state = this.#state;
    if (state.kind === 'closing' || state.kind === 'closed') return;
    if (state.kind === 'open') {
      state.socket.close(code, reason);
      this.#stopTimers();
      this.#state = { kind: 'closing', socket: state.socket };
      return;
    }
    this.#end({ code, reason, wasClean: true }, { final: true });
    if (state.kind === 'connecting') abandon(state.socket);
  }

  /** There may be news of the network: tries now if it waits, and asks an open line for a sign of life. */
  nudge(): void {
    if (this.#state.kind === 'waiting') this.#retry();
    else if (this.#state.kind === 'open') this.#state.watch?.probe();
  }

  override addEventListener<K extends keyof ReconnectingEvents>(
    type: K,
    listener: (event: ReconnectingEvents[K]) => void,
    options?: { once?: boolean },
  ): void {
    super.addEventListener(type, listener as (event: Event) => void, options);
  }

  override removeEventListener<K extends keyof ReconnectingEvents>(
    type: K,
    listener: (event: ReconnectingEvents[K]) => void,
  ): void {
    super.removeEventListener(type, listener as (event: Event) => void);
  }

  #retry(): void {
    this.#stopTimers();
    try {
      this.#begin();
    } catch (error) {
      this.#refuse(error);
    }
    if (this.state === 'connecting') this.#tell('connecting');
  }

  #begin(): void {
    const end = this.#clock.now() + this.#connectTimeout;
    if (typeof this.#address === 'function') void this.#resolve(this.#address, end);
    else this.#dial(this.#address, end);
  }

  async #resolve(ask: () => string | URL | Promise<string | URL>, end: number): Promise<void> {
    const state: State = { kind: 'resolving', deadline: this.#failAt(end) };
    this.#state = state;
    let address: string | URL;
    try {
      // What is thrown at once is told later, too: nobody can listen before the constructor returns.
      address = await new Promise((resolve) => resolve(ask()));
    } catch (error) {
      if (this.#state === state) this.#fail(error);
      return;
    }
    if (this.#state !== state) return;
    this.#stopTimers();
    try {
      this.#dial(address, end);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** The attempt at hand fails if it is not over then. */
  #failAt(end: number, letGo: () => void = () => {}): unknown {
    return this.#clock.after(Math.max(0, end - this.#clock.now()), () => {
      this.#fail(new Error(`no connection within ${this.#connectTimeout} ms`));
      letGo();
    });
  }

  #dial(address: string | URL, end: number): void {
    this.#checkSecurity(address);
    const Socket = this.#options.WebSocket ?? (globalThis as { WebSocket?: unknown }).WebSocket;
    if (!Socket) throw new TypeError('this platform has no WebSocket: pass one in the options');
    const socket = new (Socket as SocketConstructor)(String(address), this.#options.protocols);
    socket.binaryType = 'arraybuffer';
    this.#state = { kind: 'connecting', socket, deadline: this.#failAt(end, () => abandon(socket)) };

    // The events of a socket that was let go of are nobody's any more.
    let failure: { error: unknown } | undefined;
    socket.addEventListener('open', () => {
      if (this.#holds(socket)) this.#opened(socket);
    });
    socket.addEventListener('message', ({ data }) => {
      if (this.#holds(socket)) this.#heard(data as string | ArrayBuffer);
    });
    socket.addEventListener('error', ({ error = new Error('the connection failed') }) => {
      failure = { error };
    });
    socket.addEventListener('close', ({ code = 1006, reason = '', wasClean = false }) => {
      const final = isFinal(code, this.#options.finalCodes);
      if (this.#holds(socket)) this.#end({ code, reason, wasClean }, { final, failure });
    });
  }

  #holds(socket: SocketLike): boolean {
    return 'socket' in this.#state && this.#state.socket === socket;
  }

  /** Once secure, always secure, whatever a function of the application answers later. */
  #checkSecurity(address: string | URL): void {
    const isSecure = /^(wss|https):$/.test(new URL(address).protocol);
    if (this.#secure && !isSecure) throw new TypeError('refused to go from wss: to ws:');
    this.#secure = isSecure;
  }

  #opened(socket: SocketLike): void {
    if (this.#secure && socket.url?.startsWith('ws:')) {
      this.#refuse(new TypeError('refused to be redirected from wss: to ws:'));
      abandon(socket);
      return;
    }
    this.#stopTimers();
    const { heartbeat, stableAfter = 10_000 } = this.#options;
    const stable = this.#clock.after(stableAfter, () => {
      this.#retries = 0;
    });
    const open: State = { kind: 'open', socket, stable, watch: heartbeat && this.#watch(socket, heartbeat) };
    this.#state = open;
    this.#tell('open');
    if (this.#state !== open) return;
    for (const data of this.#queue.take()) socket.send(data as Unshared);
  }

  #watch(socket: SocketLike, heartbeat: HeartbeatOptions): LineWatch {
    return new LineWatch(heartbeat, {
      clock: this.#clock,
      ask: () => socket.send(heartbeat.message),
      dead: () => {
        this.#fail(new Error('the line is silent'));
        abandon(socket);
      },
    });
  }

  #heard(data: string | ArrayBuffer): void {
    if (this.#state.kind === 'open') this.#state.watch?.heard();
    this.#tell('message', { data });
  }

  /** The network's fault: worth another attempt. */
  #fail(error: unknown): void {
    this.#end(LOST, { final: false, failure: { error } });
  }

  /** The caller's fault: it would be the same the next time. */
  #refuse(error: unknown): void {
    this.#end(LOST, { final: true, failure: { error } });
  }

  /** The one way out of every attempt and connection. A listener may close or nudge: then the rest is not told. */
  #end(ending: Ending, { final, failure }: { final: boolean; failure?: { error: unknown } | undefined }): void {
    this.#stopTimers();
    const isLast = final || this.#state.kind === 'closing';
    const retry = this.#retries++;
    const delay = delayAfter(ending.code, retry, this.#options.backoff);
    const next: State = isLast
      ? { kind: 'closed' }
      : { kind: 'waiting', timer: this.#clock.after(delay, () => this.#retry()) };
    this.#state = next;
    if (isLast) this.#ignoreNudges();
    if (failure) this.#tell('error', failure);
    if (this.#state === next) this.#tell('close', { ...ending, willReconnect: !isLast });
    if (this.#state === next && !isLast) this.#tell('waiting', { delay, retry });
  }

  #stopTimers(): void {
    const state = this.#state;
    if (state.kind === 'resolving' || state.kind === 'connecting') this.#clock.clear(state.deadline);
    else if (state.kind === 'waiting') this.#clock.clear(state.timer);
    else if (state.kind === 'open') {
      this.#clock.clear(state.stable);
      state.watch?.stop();
    }
  }

  #tell(type: keyof ReconnectingEvents, fields: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }
}
