import { ChatError } from './chat-error.ts';
import type { BarePairs, ChatMessage } from './chat-message.ts';
import { LIMITS } from './limits.ts';
import { checkText, fitName } from './names.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The classic page puts what it gets into its HTML. */
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/** A bare client's object as pairs. Throws `too-long`. */
export function parseBare(value: object): BarePairs {
  const pairs = Object.entries(value).map(([key, item]) => [key, toText(item)] as const);
  const size = pairs.reduce((sum, [key, text]) => sum + Buffer.byteLength(key) + Buffer.byteLength(text), 0);
  if (size > LIMITS.bare) throw new ChatError('too-long', `at most ${LIMITS.bare} bytes`);
  return pairs;
}

/**
 * What a bare client said as a message of the room; undefined if it has no text that the room could show. Throws
 * `too-long`.
 */
export function toChatMessage(pairs: BarePairs): ChatMessage | undefined {
  const handle = pairs.find(([key]) => key === 'handle')?.[1] ?? '';
  const text = pairs.find(([key]) => key === 'text')?.[1];
  if (text === undefined) return undefined;
  try {
    checkText(text);
  } catch (error) {
    if (error instanceof ChatError && error.code === 'bad-text') return undefined;
    throw error;
  }
  const name = fitName(handle);
  const isPlain = pairs.length === 2 && pairs[0]?.[0] === 'handle' && name === handle;
  return { name, text, time: Date.now(), ...(!isPlain && { bare: pairs }) };
}

/** What bare clients get of a message of the room. */
export function fromChatMessage({ name, text, bare }: ChatMessage): BarePairs {
  return (
    bare ?? [
      ['handle', name],
      ['text', text],
    ]
  );
}

/** The JSON for bare clients: written by hand, since a key may be `__proto__` or a number and stays where it was. */
export function encodeBare(pairs: BarePairs): string {
  return `{${pairs.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(escapeHtml(text))}`).join(',')}}`;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}
