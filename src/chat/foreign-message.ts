import type { Payload } from '../pubsub/backplane.ts';
import { parseBare, toChatMessage } from './bare-message.ts';
import type { ChatMessage } from './chat-message.ts';
import { parseObject } from './client-message.ts';

/**
 * Reads what foreign code published on the channel of a room: an object with a `text`, and a `handle` or `name` if there
 * is one, or else plain text. It gets no id, has no place in the log, and comes from nobody in the list of people.
 * Undefined for what breaks the rules for texts.
 */
export function parseForeign(data: Payload): ChatMessage | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    return toChatMessage(toPairs(data));
  } catch {
    return undefined;
  }
}

function toPairs(text: string): readonly (readonly [string, string])[] {
  if (!/^\s*\{/.test(text))
    return [
      ['handle', 'server'],
      ['text', text],
    ];
  return parseBare(parseObject(text)).map(([key, value]) => [key === 'name' ? 'handle' : key, value]);
}
