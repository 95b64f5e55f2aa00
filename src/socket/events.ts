/** What `onopen` and listeners of `addEventListener` are given. WHATWG DOM, as far as a WebSocket needs it. */
export class Event<Target = unknown> {
  // Declared only: a field that is defined and then assigned costs twice, for every message.
  declare readonly type: string;
  declare readonly target: Target;

  constructor(type: string, target: Target) {
    this.type = type;
    this.target = target;
  }
}

/** A message: a string for text, else what `binaryType` says. */
export class MessageEvent<Target = unknown> extends Event<Target> {
  declare readonly data: unknown;

  constructor(target: Target, data: unknown) {
    super('message', target);
    this.data = data;
  }
}

/** The end: `wasClean` when both sides had said Close. */
export class CloseEvent<Target = unknown> extends Event<Target> {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(target: Target, code: number, reason: string, wasClean: boolean) {
    super('close', target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

export class ErrorEvent<Target = unknown> extends Event<Target> {
  readonly error: unknown;
  readonly message: string;

  constructor(target: Target, error: unknown) {
    super('error', target);
    this.error = error;
    this.message = error instanceof Error ? error.message : '';
  }
}
