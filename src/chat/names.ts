import { createHmac, randomBytes } from 'node:crypto';
import { ChatError } from './chat-error.ts';
import { LIMITS } from './limits.ts';

const ROOM = /^[A-Za-z0-9_-]{1,64}$/;
const SECRET = /^[A-Za-z0-9_-]{16,128}$/;

/** Control, bidirectional and other invisible characters, unpaired surrogates, line separators. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Those of them that scripts and emoji are written with: joiners and variation selectors. */
const WRITTEN = /\u200c|\u200d|\ufe0e|\ufe0f/gu;
/** Nothing but this would be seen as nothing. U+2800 is a braille pattern without dots. */
const BLANK = /^[\s\u2800]*$/u;

/** Whether a string may be the name of a room. */
export const isRoom = (room: string): boolean => ROOM.test(room);

/** Whether a string may be a person's secret. */
export const isSecret = (secret: string): boolean => SECRET.test(secret);

/** A secret for who has none: 128 random bits. */
export const createSecret = (): string => randomBytes(16).toString('base64url');

/** Throws a `bad-name` for what cannot be told apart from another name, or is not seen at all. */
export function checkName(name: string): void {
  const seen = name.replace(WRITTEN, '');
  if (BLANK.test(seen)) throw new ChatError('bad-name', 'name must not be empty');
  if (HIDDEN.test(seen)) throw new ChatError('bad-name', 'name must not have control or invisible characters');
  if (name !== name.trim()) throw new ChatError('bad-name', 'name must not begin or end with white space');
  if (countCodePoints(name) > LIMITS.name) {
    throw new ChatError('bad-name', `name must have at most ${LIMITS.name} characters`);
  }
}

/** The nearest name that `checkName` accepts, for a handle from another door. */
export function fitName(handle: string): string {
  const seen = handle.replace(WRITTEN, '').replace(new RegExp(HIDDEN, 'gu'), ' ').trim();
  const name = Array.from(seen).slice(0, LIMITS.name).join('').trim();
  return BLANK.test(name) ? 'guest' : name;
}

/** Names that are the same to the eye of a hurried reader fold to the same string. */
export function foldName(name: string): string {
  return name.normalize('NFKC').replace(WRITTEN, '').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** The public id of who has this secret and this name: it tells nothing of the secret, and no other name of it. */
export function personOf(secret: string, name: string): string {
  return createHmac('sha256', secret).update(foldName(name)).digest('base64url').slice(0, 16);
}

/** Throws `too-long` or `bad-text`. The text itself is not changed: NFC is for counting only. */
export function checkText(text: string): void {
  if (countCodePoints(text.normalize('NFC')) > LIMITS.text) {
    throw new ChatError('too-long', `text must have at most ${LIMITS.text} characters`);
  }
  if (text.trim() === '') throw new ChatError('bad-text', 'text must not be empty');
  if (/\p{Cs}/u.test(text)) throw new ChatError('bad-text', 'text must not have unpaired surrogates');
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
