/** What `onopen` and listeners of `addEventListener` are given. WHATWG DOM, as far as a WebSocket needs it. */
export class Event<Target = unknown> {
  // Declared only: a field that is defined and then assigned costs twice, for every message.
  /** 'open', 'message', 'error' or 'close'. */
  declare readonly type: string;
  /** The socket. */
  declare readonly target: Target;

  constructor(type: string, target: Target) {
    this.type = type;
    this.target = target;
  }
}

/** A message: a string for text, else what `binaryType` says. */
export class MessageEvent<Target = unknown> extends Event<Target> {
  /** A string, or a Buffer, an ArrayBuffer, a list of Buffers or a Blob. */
  declare readonly data: unknown;

  constructor(target: Target, data: unknown) {
    super('message', target);
    this.data = data;
  }
}

/** The end: `wasClean` when both sides had said Close. */
export class CloseEvent<Target = unknown> extends Event<Target> {
  /** The peer's code; 1005 if its Close had none, 1006 if there was no Close. */
  readonly code: number;
  /** The peer's reason, or ''. */
  readonly reason: string;
  /** Whether both sides said Close. */
  readonly wasClean: boolean;

  constructor(target: Target, code: number, reason: string, wasClean: boolean) {
    super('close', target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** What failed: 'close' follows. */
export class ErrorEvent<Target = unknown> extends Event<Target> {
  /** What 'error' listeners are given. */
  readonly error: unknown;
  /** The message of the error, or ''. */
  readonly message: string;

  constructor(target: Target, error: unknown) {
    super('error', target);
    this.error = error;
    this.message = error instanceof Error ? error.message : '';
  }
}
