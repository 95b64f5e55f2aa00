import type { Payload } from '../pubsub/backplane.ts';

const PERSON = /^[A-Za-z0-9_-]{1,64}$/;

/** Keys and values of a bare client's object, values as strings. */
export type BarePairs = readonly (readonly [string, string])[];

/** What the log keeps of a message: all but its id and its room. */
export interface ChatMessage {
  /** Undefined for what did not come from somebody in the list of people. */
  readonly person?: string;
  readonly name: string;
  /** The client's key. */
  readonly key?: string;
  readonly text: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly time: number;
  /** Everything a bare client said, if that was more than a name and a text. */
  readonly bare?: BarePairs;
}

export const encodeMessage = (message: ChatMessage): string => JSON.stringify(message);

/**
 * Reads what comes out of the log or the backplane, which is checked like a client's words: on a shared Redis anybody
 * may write. Undefined for what is no message.
 */
export const parseMessage = (data: Payload): ChatMessage | undefined => parseAs(data, isMessage);

/** Reads what another process passed on to its bare clients; undefined for what is none. */
export const parsePairs = (data: Payload): BarePairs | undefined => parseAs(data, isPairs);

/** The JSON that goes to clients. */
export function renderMessage(message: ChatMessage, { room, id }: { room: string; id: string | undefined }): string {
  const { person, name, key, text, time, bare } = message;
  return JSON.stringify({ type: 'message', id, room, person, name, key, text, time, bare });
}

function parseAs<Type>(data: Payload, is: (value: unknown) => value is Type): Type | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return is(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether something has all that a message has; more does not matter. */
export function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { person, name, key, text, time, bare } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    typeof text === 'string' &&
    Number.isFinite(time) &&
    (person === undefined || (typeof person === 'string' && PERSON.test(person))) &&
    (key === undefined || typeof key === 'string') &&
    (bare === undefined || isPairs(bare))
  );
}

function isPairs(value: unknown): value is BarePairs {
  return Array.isArray(value) && value.every(isPair);
}

function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((item) => typeof item === 'string');
}
