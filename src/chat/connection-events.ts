/** What becomes of one client's words, for lines and metrics. */
export interface ConnectionEvents {
  /** A message was accepted and passed on. */
  message(room: string, bytes: number): void;
  /** A message was answered with an error. */
  refused(code: string): void;
  /** Something of ours went wrong. */
  error(error: unknown): void;
}
