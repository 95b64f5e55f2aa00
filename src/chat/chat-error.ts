import { UnavailableError } from '../pubsub/backplane.ts';

export type ChatErrorCode =
  | 'bad-json'
  | 'bad-message'
  | 'binary'
  | 'bad-room'
  | 'bad-name'
  | 'bad-secret'
  | 'bad-after'
  | 'bad-text'
  | 'too-long'
  | 'name-taken'
  | 'already-joined'
  | 'not-joined'
  | 'too-many-rooms'
  | 'rate-limited'
  | 'unavailable'
  | 'internal';

/** Milliseconds after which a client may try again what failed through no fault of its own. */
const RETRY_AFTER = 1_000;

/** What an answer says about the request that it refuses. */
export interface Refused {
  readonly request?: string;
  readonly room?: string;
  readonly key?: string;
}

/** A client's message that is refused, thrown where the rule is and answered in one place. */
export class ChatError extends Error {
  readonly code: ChatErrorCode;
  /** Milliseconds after which the same message may succeed; undefined: it will not. */
  readonly retryAfter: number | undefined;

  constructor(code: ChatErrorCode, message: string, retryAfter?: number) {
    super(message);
    this.name = 'ChatError';
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** What a client is told of an error: nothing of ours. */
export function toChatError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  if (error instanceof UnavailableError) return new ChatError('unavailable', 'not possible now', RETRY_AFTER);
  return new ChatError('internal', 'our fault', RETRY_AFTER);
}
