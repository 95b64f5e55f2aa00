/** The states of a WebSocket as the WHATWG interface numbers them. */
export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

const NAMES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

/** The message of the error for a call that needs an open socket. */
export function notOpen(state: ReadyState): Error {
  return new Error(`WebSocket is not open: readyState ${state} (${NAMES[state]})`);
}

/** The error of who closes a socket that has not opened. */
export function closedEarly(): Error {
  return new Error('WebSocket was closed before the connection was established');
}

/** Puts the constants on a class and its prototype, where the WHATWG interface has them. */
export function defineStates(constructor: { readonly prototype: object }): void {
  for (const [name, value] of Object.entries(ReadyState)) {
    Object.defineProperty(constructor, name, { enumerable: true, value });
    Object.defineProperty(constructor.prototype, name, { enumerable: true, value });
  }
}
