/** What one connection and one message may be. `docs/chat-protocol.md` promises these numbers. */
export const LIMITS = {
  /** Bytes of a frame. */
  payload: 64 * 1024,
  /** Code points of a text after NFC, and of a name. */
  text: 4_000,
  name: 32,
  /** Nesting of a client's JSON. */
  depth: 4,
  rooms: 50,
  /** Messages of any type: a second, and at once. */
  messages: { rate: 20, burst: 40 },
  /** Joins: a second, and at once. */
  joins: { rate: 2, burst: 20 },
  /** Refusals for the rate without an accepted message between them, after which the connection is closed. */
  refusals: 100,
  /** Entries that who joins without an id sees. */
  history: 50,
  /** Bytes that may wait for a client. */
  backlog: 1 << 20,
  /** Bytes of the JSON of what a bare client says. */
  bare: 32 * 1024,
} as const;
