import { ChatError, type Refused } from './chat-error.ts';
import { LIMITS } from './limits.ts';
import { checkName, checkText, isRoom, isSecret } from './names.ts';

/** What a client may say at `/chat`; see `docs/chat-protocol.md`. */
export type ClientMessage =
  | {
      readonly type: 'join';
      readonly room: string;
      readonly name: string;
      readonly secret: string | undefined;
      readonly after: string | undefined;
    }
  | { readonly type: 'say'; readonly room: string; readonly key: string; readonly text: string }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'ping' };

const TYPES = ['join', 'say', 'leave', 'ping'] as const;
const KEY = /^[A-Za-z0-9_-]{1,64}$/;
const KEY_FORM = 'key must be 1 to 64 of A-Z a-z 0-9 _ -';
const AFTER = /^[!-~]{1,128}$/;

/** Reads the JSON object of a text frame. Throws a `ChatError` for what is none or is nested too deeply. */
export function parseObject(data: string): object {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new ChatError('bad-json', 'not JSON');
  }
  if (depthOf(value) > LIMITS.depth) throw new ChatError('bad-json', `nested deeper than ${LIMITS.depth}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ChatError('bad-message', 'not a JSON object');
  }
  return value;
}

/** What an error answer may repeat of a message: only what has the form that it should have. */
export function describeRefused(value: object): Refused {
  const type = field(value, 'type');
  const room = field(value, 'room');
  const key = field(value, 'key');
  return {
    ...(isType(type) && { request: type }),
    ...(typeof room === 'string' && isRoom(room) && { room }),
    ...(typeof key === 'string' && KEY.test(key) && { key }),
  };
}

/** `describeRefused` of a text that was not looked at yet. */
export function describeRefusedText(text: string): Refused {
  try {
    return describeRefused(parseObject(text));
  } catch {
    return {};
  }
}

/** Checks an object against the protocol. Throws a `ChatError`. */
export function parseClientMessage(value: object): ClientMessage {
  const type = field(value, 'type');
  if (!isType(type)) throw new ChatError('bad-message', 'unknown type');
  switch (type) {
    case 'ping':
      return { type };
    case 'leave':
      return { type, room: parseRoom(value) };
    case 'say':
      return parseSay(value);
    case 'join':
      return parseJoin(value);
  }
}

/** What is posted over HTTP: a text, a name if it is not to be `server`, and a key if it is to be stored once. */
export function parsePost(body: string): {
  readonly name: string;
  readonly text: string;
  readonly key: string | undefined;
} {
  const value = parseObject(body);
  const name = parseOptionalString(value, 'name') ?? 'server';
  checkName(name);
  const key = parseOptionalString(value, 'key');
  if (key !== undefined && !KEY.test(key)) throw new ChatError('bad-message', KEY_FORM);
  const text = parseString(value, 'text');
  checkText(text);
  return { name, text, key };
}

function parseSay(value: object): ClientMessage {
  const room = parseRoom(value);
  const key = parseString(value, 'key');
  if (!KEY.test(key)) throw new ChatError('bad-message', KEY_FORM);
  const text = parseString(value, 'text');
  checkText(text);
  return { type: 'say', room, key, text };
}

function parseJoin(value: object): ClientMessage {
  const room = parseRoom(value);
  const name = parseString(value, 'name');
  checkName(name);
  const secret = parseOptionalString(value, 'secret');
  if (secret !== undefined && !isSecret(secret)) {
    throw new ChatError('bad-secret', 'secret must be 16 to 128 of A-Z a-z 0-9 _ -');
  }
  const after = parseOptionalString(value, 'after');
  if (after !== undefined && !AFTER.test(after)) throw new ChatError('bad-after', 'after must be an id');
  return { type: 'join', room, name, secret, after };
}

function parseRoom(value: object): string {
  const room = parseString(value, 'room');
  if (!isRoom(room)) throw new ChatError('bad-room', 'room must be 1 to 64 of A-Z a-z 0-9 _ -');
  return room;
}

function parseString(value: object, name: string): string {
  const string = parseOptionalString(value, name);
  if (string === undefined) throw new ChatError('bad-message', `${name} is missing`);
  return string;
}

/** `null` is as good as nothing. */
function parseOptionalString(value: object, name: string): string | undefined {
  const found = field(value, name);
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string') throw new ChatError('bad-message', `${name} must be a string`);
  return found;
}

/** An own property only: what a peer did not send must not come from a prototype. */
function field(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function isType(type: unknown): type is (typeof TYPES)[number] {
  return (TYPES as readonly unknown[]).includes(type);
}

/** 0 for what holds nothing; counts no further than it must. */
function depthOf(value: unknown, limit: number = LIMITS.depth): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (limit < 0) return 1;
  let deepest = 0;
  for (const inner of Object.values(value)) {
    deepest = Math.max(deepest, depthOf(inner, limit - 1));
    if (deepest > limit) break;
  }
  return deepest + 1;
}
