/**
 * What keeps a message from being simply added to an outbox, one encoded for many most of all. Some are of those who extend it, and stand here as
 * all of them have to be seen at once.
 */
export const Hindrance = {
  /** No more messages are to be sent. */
  Sealed: 1,
  /** Something that takes its time holds back what follows. */
  Busy: 2,
  /** The message at hand has more fragments to come. */
  InMessage: 4,
  /** It has to be masked. */
  Client: 8,
  /** It may have to be compressed. */
  Deflates: 16,
  /** What was written before may not have left. */
  Waits: 32,
  /** So little may wait that it has to be asked each time whether it does. */
  Narrow: 64,
} as const;
