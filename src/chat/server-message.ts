import { ChatError, type Refused } from './chat-error.ts';
import type { Person } from './people.ts';

/** What a person looks like to clients. */
const shown = ({ person, name }: Pick<Person, 'person' | 'name'>) => ({ person, name });

export interface Joined {
  readonly room: string;
  readonly you: Pick<Person, 'person' | 'name'>;
  readonly secret: string | undefined;
  readonly people: readonly Person[];
  readonly more: boolean;
  readonly recovered: boolean;
  readonly last: string | undefined;
}

/** `history` are messages that are JSON already. */
export function encodeJoined({ room, you, secret, people, more, recovered, last }: Joined, history: readonly string[]) {
  const head = { type: 'joined', room, you: shown(you), secret, people: people.map(shown) };
  return encodeWith(head, 'history', history, { more, recovered, last, time: Date.now() });
}

export function encodeHistory(room: string, messages: readonly string[], more: boolean): string {
  return encodeWith({ type: 'history', room }, 'messages', messages, { more });
}

export const encodeAck = (room: string, key: string, id: string): string =>
  JSON.stringify({ type: 'ack', room, key, id });

export const encodeLeft = (room: string): string => JSON.stringify({ type: 'left', room });

export const encodePong = (): string => JSON.stringify({ type: 'pong', time: Date.now() });

export const encodePresence = (event: 'join' | 'leave', room: string, person: Person): string =>
  JSON.stringify({ type: 'presence', room, event, ...shown(person), time: Date.now() });

export const encodeGap = (room: string, last: string | undefined): string =>
  JSON.stringify({ type: 'gap', room, last, time: Date.now() });

export const encodeNotice = (code: string, text: string): string =>
  JSON.stringify({ type: 'notice', code, text, time: Date.now() });

export const encodeError = ({ code, message, retryAfter }: ChatError, refused: Refused): string =>
  JSON.stringify({ type: 'error', code, message, ...refused, retryAfter });

/** One JSON object of `before`, a list of items that are JSON already, and `after`. */
function encodeWith(before: object, name: string, items: readonly string[], after: object): string {
  return `${JSON.stringify(before).slice(0, -1)},"${name}":[${items.join(',')}],${JSON.stringify(after).slice(1)}`;
}
